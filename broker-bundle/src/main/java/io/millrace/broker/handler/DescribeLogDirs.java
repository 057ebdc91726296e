package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;

/** Shows the data folder and how much of it each partition takes. */
final class DescribeLogDirs implements Handler {

    private final ClusterMetadata metadata;
    private final Path folder;

    DescribeLogDirs(ClusterMetadata metadata, Path folder) {
        this.metadata = metadata;
        this.folder = folder;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeLogDirsRequestData request = call.as(DescribeLogDirsRequest.class).data();
        DescribeLogDirsResult result = new DescribeLogDirsResult().setLogDir(folder.toAbsolutePath().toString())
                .setTotalBytes(folder.toFile().getTotalSpace()).setUsableBytes(folder.toFile().getUsableSpace());
        if (request.topics() == null) {
            for (TopicImage topic : metadata.image().topics()) {
                describe(result, topic.name(), IntStream.range(0, topic.partitions()).boxed().toList());
            }
        } else {
            for (DescribableLogDirTopic topic : request.topics()) {
                describe(result, topic.topic(), topic.partitions());
            }
        }
        return Answer.now(new DescribeLogDirsResponse(new DescribeLogDirsResponseData().setResults(List.of(result))));
    }

    private void describe(DescribeLogDirsResult result, String topic, List<Integer> partitions) {
        DescribeLogDirsTopic described = new DescribeLogDirsTopic().setName(topic);
        for (int index : partitions) {
            metadata.log(new TopicPartition(topic, index)).ifPresent(log ->
                    described.partitions().add(new DescribeLogDirsPartition().setPartitionIndex(index).setPartitionSize(log.size())));
        }
        if (!described.partitions().isEmpty()) {
            result.topics().add(described);
        }
    }
}
