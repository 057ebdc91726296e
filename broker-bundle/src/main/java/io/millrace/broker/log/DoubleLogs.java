package io.millrace.broker.log;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs of partitions that another log folder has, too. That happens when a move was cut off at its end, or when a folder comes back that was away. Which
 * of two counts is decided when it is known what topics there are. Guarded by the store.
 */
final class DoubleLogs {

    private static final Logger LOG = LoggerFactory.getLogger(DoubleLogs.class);

    private final List<SegmentedLog> seconds;

    /** @param seconds those that do not count for the time being */
    DoubleLogs(List<SegmentedLog> seconds) {
        this.seconds = seconds;
    }

    /**
     * The log of the topic that exists counts, and the longer one of two. The other one's files are set aside.
     *
     * @param logs     those that count
     * @param topicIds the id of a topic, if there is one
     */
    void settle(Map<TopicPartition, SegmentedLog> logs, Function<String, Optional<Uuid>> topicIds) {
        for (SegmentedLog second : seconds) {
            TopicPartition partition = second.topicPartition();
            SegmentedLog first = logs.get(partition);
            Optional<Uuid> id = topicIds.apply(partition.topic());
            Comparator<SegmentedLog> better = Comparator.<SegmentedLog, Boolean>comparing(SegmentedLog::isOnline)
                    .thenComparing(log -> id.isPresent() && log.topicId().equals(id.get())).thenComparing(SegmentedLog::endOffset);
            SegmentedLog kept = better.compare(second, first) > 0 ? second : first;
            SegmentedLog left = kept == first ? second : first;
            logs.put(partition, kept);
            Path aside = left.dir().setAside(left);
            LOG.warn("{} was in two log folders; {} is used, which ends at offset {}; the other one, which ends at {}, is set aside as {}", partition,
                    kept.folder(), kept.endOffset(), left.endOffset(), aside);
        }
        seconds.clear();
    }
}
