package io.millrace.broker.metadata;

import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.internals.Topic;

/** Which topics there may be. Pure. */
final class TopicRules {

    /** Each partition costs open files and memory: a typing error must not take the node down. */
    private static final int MAX_PARTITIONS_PER_TOPIC = 10_000;

    private TopicRules() {
    }

    /**
     * @throws InvalidTopicException      for a name that is not allowed, or that differs from another one only by '.' and '_'
     * @throws TopicExistsException       if there is one of that name
     * @throws InvalidPartitionsException for a number out of range
     */
    static void checkNew(ClusterImage image, String name, int partitions) {
        Topic.validate(name);
        if (image.topic(name).isPresent()) {
            throw new TopicExistsException("topic " + name + " exists already");
        }
        if (Topic.hasCollisionChars(name)) {
            for (TopicImage other : image.topics()) {
                if (Topic.hasCollision(name, other.name())) {
                    throw new InvalidTopicException("topic " + name + " would be mistaken for " + other.name() + " in metrics, where '.' and '_' are the same");
                }
            }
        }
        if (partitions < 1 || partitions > MAX_PARTITIONS_PER_TOPIC) {
            throw tooMany(name, partitions);
        }
    }

    /** @throws InvalidPartitionsException unless the count is greater than now and in range */
    static void checkPartitions(TopicImage topic, int count) {
        if (count <= topic.partitions()) {
            throw new InvalidPartitionsException("topic " + topic.name() + " has " + topic.partitions() + " partitions, their number can only grow, not be " + count);
        }
        if (count > MAX_PARTITIONS_PER_TOPIC) {
            throw tooMany(topic.name(), count);
        }
    }

    private static InvalidPartitionsException tooMany(String topic, int partitions) {
        return new InvalidPartitionsException("topic " + topic + ": " + partitions + " partitions; allowed are 1 to " + MAX_PARTITIONS_PER_TOPIC);
    }
}
