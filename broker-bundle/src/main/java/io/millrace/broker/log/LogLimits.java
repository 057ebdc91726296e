package io.millrace.broker.log;

import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * The topic properties that the record path looks at, parsed once.
 *
 * @param compression codec that every batch is stored in, or null to keep the producer's
 */
record LogLimits(int maxBatchBytes, int segmentBytes, long segmentMs, long segmentJitterMs, int segmentIndexBytes, int indexIntervalBytes,
                 long maxAheadMs, long maxBehindMs, TimestampType timestampType, CompressionType compression, boolean compacted, boolean deleted,
                 boolean writeCaching, long retentionMs, long retentionBytes, long fileDeleteDelayMs) {

    /** What is in the active segment is not compacted, so that one must end in time. */
    private static long segmentMs(LogConfig config) {
        long age = config.getLong("segment.ms");
        return config.compacted() ? Math.min(age, config.getLong("max.compaction.lag.ms")) : age;
    }

    static LogLimits of(LogConfig config) {
        String codec = config.get("compression.type");
        CompressionType compression = switch (codec) {
            case "producer" -> null;
            case "uncompressed" -> CompressionType.NONE;
            default -> CompressionType.forName(codec);
        };
        return new LogLimits(config.getInt("max.message.bytes"), config.segmentBytes(), segmentMs(config),
                Math.min(config.getLong("segment.jitter.ms"), segmentMs(config)), config.getInt("segment.index.bytes"),
                config.getInt("index.interval.bytes"), config.getLong("message.timestamp.after.max.ms"),
                config.getLong("message.timestamp.before.max.ms"), config.timestampType(), compression, config.compacted(), config.deleted(),
                config.writeCaching(), config.getLong("retention.ms"), config.getLong("retention.bytes"), config.getLong("file.delete.delay.ms"));
    }

    /** The oldest time that a client's record may have. */
    long earliest(long now) {
        return timestampType == TimestampType.LOG_APPEND_TIME ? 0 : Math.max(0, now - maxBehindMs);
    }

    /** The latest time that a client's record may have. */
    long latest(long now) {
        return timestampType == TimestampType.LOG_APPEND_TIME || now > Long.MAX_VALUE - maxAheadMs ? Long.MAX_VALUE : now + maxAheadMs;
    }
}
