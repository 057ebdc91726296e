package io.millrace.connect.herder;

import io.millrace.api.http.HttpError;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** A sink's offset in the form that Kafka Connect's REST interface has for all offsets (KIP-875). */
final class SinkOffset {

    static final String TOPIC = "kafka_topic";
    static final String PARTITION = "kafka_partition";
    static final String OFFSET = "kafka_offset";

    private SinkOffset() {}

    /** @return with a null value if the offset is to be forgotten */
    static Map.Entry<TopicPartition, Long> parse(Map<String, ?> partition, Map<String, ?> offset) {
        if (partition.get(TOPIC) == null || partition.get(PARTITION) == null) {
            throw new HttpError(400, "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'");
        }
        if (offset != null && offset.get(OFFSET) == null) {
            throw new HttpError(400, "The offset for a sink connector should either be null or contain the key 'kafka_offset'");
        }
        TopicPartition of = new TopicPartition(partition.get(TOPIC).toString(), number(partition));
        try {
            return new SimpleImmutableEntry<>(of, offset == null ? null : Long.valueOf(offset.get(OFFSET).toString()));
        } catch (NumberFormatException e) {
            throw new HttpError(400, "Failed to parse the following Kafka offset value in the provided offsets: '" + offset.get(OFFSET)
                    + "'. Offset values for sink connectors need to be integers.");
        }
    }

    private static int number(Map<String, ?> partition) {
        try {
            return Integer.parseInt(partition.get(PARTITION).toString());
        } catch (NumberFormatException e) {
            throw new HttpError(400, "Failed to parse the following Kafka partition value in the provided offsets: '" + partition.get(PARTITION)
                    + "'. Partition values for sink connectors need to be integers.");
        }
    }
}
