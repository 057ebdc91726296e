package io.millrace.broker.log.clean;

import java.util.List;
import org.apache.kafka.common.TopicPartition;

/**
 * How the cleaner is doing, for metrics and for people. Kafka's gauges of {@code kafka.log:type=LogCleaner} and {@code LogCleanerManager}.
 *
 * @param cleanings                 finished since the start
 * @param bytesRead                 by all cleanings, finished or not; noting keys and writing anew both read
 * @param bytesWritten              by all cleanings, finished or not
 * @param deadThreads               {@code DeadThreadCount}
 * @param maxDirtyPercent           {@code max-dirty-percent}: of the dirtiest log when the cleaner last looked
 * @param maxCompactionDelaySecs    {@code max-compaction-delay-secs}: by how much a log exceeded its max.compaction.lag.ms then
 * @param maxBufferUtilizationPercent {@code max-buffer-utilization-percent} of the last cleanings
 * @param recopyPercent             {@code cleaner-recopy-percent}: what the last cleanings wrote, of what they cleaned
 * @param maxCleanTimeSecs          {@code max-clean-time-secs} of the last cleanings
 * @param timeSinceLastRunMs        {@code time-since-last-run-ms}
 * @param uncleanableBytes          {@code uncleanable-bytes}
 * @param uncleanable               {@code uncleanable-partitions-count} is their number
 */
public record CleanerStatus(long cleanings, long bytesRead, long bytesWritten, int deadThreads, int maxDirtyPercent, long maxCompactionDelaySecs,
                            int maxBufferUtilizationPercent, int recopyPercent, long maxCleanTimeSecs, long timeSinceLastRunMs, long uncleanableBytes, List<Uncleanable> uncleanable) {

    /**
     * A log that the cleaner could not clean.
     *
     * @param failures in a row
     * @param retryAt  when it is tried again, in milliseconds since 1970
     */
    public record Uncleanable(TopicPartition partition, String reason, int failures, long retryAt) {}
}
