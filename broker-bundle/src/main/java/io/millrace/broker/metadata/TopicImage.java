package io.millrace.broker.metadata;

import java.util.Map;
import org.apache.kafka.common.Uuid;

/**
 * One topic. Immutable.
 *
 * @param bornAt number of node starts when it was created, from which its leader epoch counts
 * @param config the properties that are set, by Kafka's names
 */
public record TopicImage(Uuid id, String name, int partitions, int bornAt, Map<String, String> config) {

    public TopicImage {
        config = Map.copyOf(config);
    }

    TopicImage withPartitions(int count) {
        return new TopicImage(id, name, count, bornAt, config);
    }

    TopicImage withConfig(Map<String, String> changed) {
        return new TopicImage(id, name, partitions, bornAt, changed);
    }
}
