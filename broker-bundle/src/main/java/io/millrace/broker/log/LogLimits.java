package io.millrace.broker.log;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;

/**
 * The topic properties that the record path looks at, parsed once.
 *
 * @param compression          codec and level that every batch is stored in, or null to keep the producer's
 * @param maxDecompressedBytes of one record of a compressed batch
 * @param flushRecords         how many records that are not on stable storage let an append wait for it, whatever its acks
 * @param flushMs              after which time at most records are on stable storage
 */
record LogLimits(int maxBatchBytes, int segmentBytes, long segmentMs, long segmentJitterMs, int segmentIndexBytes, int indexIntervalBytes,
                 long maxAheadMs, long maxBehindMs, TimestampType timestampType, Compression compression, int maxDecompressedBytes,
                 boolean compacted, boolean deleted, boolean writeCaching, long flushRecords, long flushMs, long retentionMs, long retentionBytes,
                 long fileDeleteDelayMs) {

    /** What is in the active segment is not compacted, so that one must end in time. */
    private static long segmentMs(LogConfig config) {
        long age = config.getLong("segment.ms");
        return config.compacted() ? Math.min(age, config.getLong("max.compaction.lag.ms")) : age;
    }

    private static Compression compression(LogConfig config) {
        return switch (config.get("compression.type")) {
            case "producer" -> null;
            case "uncompressed" -> Compression.NONE;
            case "gzip" -> Compression.gzip().level(config.getInt("compression.gzip.level")).build();
            case "lz4" -> Compression.lz4().level(config.getInt("compression.lz4.level")).build();
            case "zstd" -> Compression.zstd().level(config.getInt("compression.zstd.level")).build();
            case String codec -> Compression.of(codec).build();
        };
    }

    static LogLimits of(LogConfig config) {
        return new LogLimits(config.getInt("max.message.bytes"), config.segmentBytes(), segmentMs(config),
                Math.min(config.getLong("segment.jitter.ms"), segmentMs(config)), config.getInt("segment.index.bytes"),
                config.getInt("index.interval.bytes"), config.getLong("message.timestamp.after.max.ms"),
                config.getLong("message.timestamp.before.max.ms"), config.timestampType(), compression(config),
                config.getInt("max.decompressed.message.bytes"), config.compacted(), config.deleted(), config.writeCaching(),
                config.getLong("flush.messages"), config.getLong("flush.ms"), config.getLong("retention.ms"), config.getLong("retention.bytes"),
                config.getLong("file.delete.delay.ms"));
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
