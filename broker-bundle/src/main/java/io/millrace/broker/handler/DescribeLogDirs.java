package io.millrace.broker.handler;

import io.millrace.broker.log.LogDirStatus;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;

/** Shows the log folders: whether they work, how full their disks are, and what each partition takes there. */
final class DescribeLogDirs implements Handler {

    private final ClusterMetadata metadata;

    DescribeLogDirs(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public Answer handle(Call call) {
        Set<TopicPartition> asked = asked(call.as(DescribeLogDirsRequest.class).data());
        DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
        for (LogDirStatus dir : metadata.store().dirs()) {
            response.results().add(describe(dir, asked));
        }
        return Answer.now(new DescribeLogDirsResponse(response));
    }

    /** Null for all. */
    private static Set<TopicPartition> asked(DescribeLogDirsRequestData request) {
        if (request.topics() == null) {
            return null;
        }
        Set<TopicPartition> asked = new HashSet<>();
        request.topics().forEach(topic -> topic.partitions().forEach(index -> asked.add(new TopicPartition(topic.topic(), index))));
        return asked;
    }

    private static DescribeLogDirsResult describe(LogDirStatus dir, Set<TopicPartition> asked) {
        Map<String, DescribeLogDirsTopic> topics = new LinkedHashMap<>();
        for (LogDirStatus.Replica replica : dir.replicas()) {
            if (asked == null || asked.contains(replica.partition())) {
                topics.computeIfAbsent(replica.partition().topic(), name -> new DescribeLogDirsTopic().setName(name)).partitions()
                        .add(new DescribeLogDirsPartition().setPartitionIndex(replica.partition().partition()).setPartitionSize(replica.bytes())
                                .setOffsetLag(replica.offsetLag()).setIsFutureKey(replica.future()));
            }
        }
        Errors error = dir.failure().isPresent() ? Errors.KAFKA_STORAGE_ERROR : Errors.NONE;
        DescribeLogDirsResult result = new DescribeLogDirsResult().setLogDir(dir.folder().toString()).setErrorCode(error.code())
                .setTotalBytes(dir.totalBytes()).setUsableBytes(dir.usableBytes()).setIsCordoned(dir.cordoned());
        result.topics().addAll(topics.values());
        return result;
    }
}
