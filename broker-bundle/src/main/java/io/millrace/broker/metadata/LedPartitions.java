package io.millrace.broker.metadata;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.PartitionLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The partitions that this node leads, each with its log in the store. Read by any thread; changed by one at a time, which blocks for the files. */
final class LedPartitions {

    private static final Logger LOG = LoggerFactory.getLogger(LedPartitions.class);

    private final LogStore store;
    private final ConcurrentHashMap<TopicPartition, LedPartition> led = new ConcurrentHashMap<>();

    LedPartitions(LogStore store) {
        this.store = store;
    }

    Optional<LedPartition> leader(TopicPartition partition) {
        return Optional.ofNullable(led.get(partition));
    }

    List<PartitionLog> logs() {
        return led.values().stream().map(LedPartition::log).toList();
    }

    /** Partitions whose disk failed. */
    long offline() {
        return led.values().stream().filter(partition -> !partition.log().isOnline()).count();
    }

    /** By partition number. */
    List<LedPartition> of(TopicImage topic) {
        return partitions(topic, 0).stream().map(led::get).toList();
    }

    /** Opens the logs that the store should have. */
    void reopen(TopicImage topic, int leaderEpoch, LogConfig config) {
        lead(store.reopen(partitions(topic, 0), topic.id(), config), leaderEpoch, config);
    }

    /** Makes the logs of the partitions from that number on. */
    void create(TopicImage topic, int from, int leaderEpoch, LogConfig config) {
        lead(store.create(partitions(topic, from), topic.id(), config), leaderEpoch, config);
    }

    void reconfigure(TopicImage topic, LogConfig config) {
        partitions(topic, 0).forEach(partition -> leader(partition).ifPresent(known -> known.log().reconfigure(config)));
    }

    void delete(TopicImage topic) {
        for (TopicPartition partition : partitions(topic, 0)) {
            led.remove(partition);
            store.delete(partition);
        }
    }

    private void lead(List<PartitionLog> logs, int leaderEpoch, LogConfig config) {
        for (PartitionLog log : logs) {
            log.reconfigure(config);
            // A log that came from elsewhere may have seen more leaders than this cluster's topic, and now sees another.
            led.put(log.topicPartition(), new LedPartition(log, Math.max(leaderEpoch, log.leaderEpoch() + 1)));
        }
    }

    private static List<TopicPartition> partitions(TopicImage topic, int from) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (int index = from; index < topic.partitions(); index++) {
            partitions.add(new TopicPartition(topic.name(), index));
        }
        return partitions;
    }

    /**
     * A crash between a deletion's record and the files leaves logs that no topic has; a topic of that name may even exist anew. What was not
     * deleted for sure is only set aside: a damaged journal must not cost the data.
     *
     * @param deleted ids of topics that were deleted
     * @throws IllegalStateException if a topic's log says that it is another topic's, which no crash leaves behind
     */
    void removeStrays(ClusterImage image, Set<Uuid> deleted) {
        for (PartitionLog log : List.copyOf(store.logs())) {
            TopicPartition partition = log.topicPartition();
            boolean wanted = image.topic(log.topicId()).filter(topic -> topic.name().equals(partition.topic()) && partition.partition() < topic.partitions())
                    .isPresent();
            if (wanted) {
                continue;
            }
            Optional<TopicImage> namesake = image.topic(partition.topic()).filter(topic -> partition.partition() < topic.partitions());
            if (deleted.contains(log.topicId())) {
                LOG.warn("{}: its topic was deleted; its log goes, too", partition);
                store.delete(partition);
            } else if (namesake.isPresent()) {
                throw new IllegalStateException("the log " + partition + " is of topic id " + log.topicId() + ", but the topic has the id "
                        + namesake.get().id() + "; correct its partition.metadata if that is damaged, or move the log's folder away");
            } else {
                LOG.error("{}: no topic has the id {} of its log, which is set aside as {}; move it back once metadata.journal is restored, or remove it",
                        partition, log.topicId(), store.setAside(partition));
            }
        }
    }
}
