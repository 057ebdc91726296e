package io.millrace.broker.log.clean;

/**
 * The properties of a topic that matter to its cleaning, with Kafka's meanings.
 *
 * @param compacted         whether {@code cleanup.policy} has {@code compact}
 * @param minDirtyRatio     {@code min.cleanable.dirty.ratio}
 * @param minLagMs          {@code min.compaction.lag.ms}
 * @param maxLagMs          {@code max.compaction.lag.ms}
 * @param deleteRetentionMs {@code delete.retention.ms}
 * @param segmentBytes      {@code segment.bytes}
 * @param maxIndexBytes     {@code segment.index.bytes}
 * @param indexIntervalBytes {@code index.interval.bytes}
 * @param maxBatchBytes     {@code max.message.bytes}
 */
public record CompactionPolicy(boolean compacted, double minDirtyRatio, long minLagMs, long maxLagMs, long deleteRetentionMs, int segmentBytes,
                               int maxIndexBytes, int indexIntervalBytes, int maxBatchBytes) {}
