package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterReplicaLogDirsRequest;
import org.apache.kafka.common.requests.AlterReplicaLogDirsResponse;

/** Begins to move partitions to other log folders; DescribeLogDirs shows how far that is. */
final class AlterReplicaLogDirs implements Handler {

    private final ClusterMetadata metadata;

    AlterReplicaLogDirs(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_REPLICA_LOG_DIRS;
    }

    @Override
    public Answer handle(Call call) {
        Map<String, AlterReplicaLogDirTopicResult> results = new LinkedHashMap<>();
        for (AlterReplicaLogDir dir : call.as(AlterReplicaLogDirsRequest.class).data().dirs()) {
            for (AlterReplicaLogDirTopic topic : dir.topics()) {
                AlterReplicaLogDirTopicResult result = results.computeIfAbsent(topic.name(), name -> new AlterReplicaLogDirTopicResult().setTopicName(name));
                for (int index : topic.partitions()) {
                    result.partitions().add(new AlterReplicaLogDirPartitionResult().setPartitionIndex(index)
                            .setErrorCode(move(call, new TopicPartition(topic.name(), index), dir.path()).code()));
                }
            }
        }
        AlterReplicaLogDirsResponseData response = new AlterReplicaLogDirsResponseData();
        response.results().addAll(results.values());
        return Answer.now(new AlterReplicaLogDirsResponse(response));
    }

    private Errors move(Call call, TopicPartition partition, String folder) {
        try {
            metadata.store().move(partition, path(folder));
            return Errors.NONE;
        } catch (RuntimeException refused) {
            return Failure.of(call, partition, refused);
        }
    }

    private static Path path(String folder) {
        try {
            return Path.of(folder);
        } catch (InvalidPathException none) {
            throw new LogDirNotFoundException(folder + " is no path");
        }
    }
}
