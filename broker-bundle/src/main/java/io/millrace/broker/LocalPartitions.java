package io.millrace.broker;

import io.millrace.api.log.LocalLogs;
import io.millrace.api.log.LogReader;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.kafka.common.TopicPartition;

/** The broker's partitions for readers in the same process. */
final class LocalPartitions implements LocalLogs {

    private final ClusterMetadata metadata;

    LocalPartitions(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public OptionalInt partitions(String topic) {
        Optional<TopicImage> image = metadata.image().topic(topic);
        return image.isPresent() ? OptionalInt.of(image.get().partitions()) : OptionalInt.empty();
    }

    @Override
    public Optional<LogReader> reader(String topic, int partition) {
        return metadata.log(new TopicPartition(topic, partition)).map(PartitionReader::new);
    }
}
