package io.millrace.broker.metadata;

import io.millrace.broker.log.PartitionLog;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/** The partitions this node leads, and the creation of internal topics. Thread-safe. */
public interface Partitions {

    Optional<LedPartition> leader(TopicPartition partition);

    default Optional<PartitionLog> log(TopicPartition partition) {
        return leader(partition).map(LedPartition::log);
    }

    /** The logs of all of them, of internal topics, too, as of now. */
    Collection<PartitionLog> logs();

    /** Creates the topic if need be; blocks until that is durable. @return its partitions by index */
    List<LedPartition> ensureInternal(String topic, int partitions, Map<String, String> config);

    /** Called with the name after a topic was deleted, off the request path. */
    void onTopicDeleted(java.util.function.Consumer<String> listener);
}
