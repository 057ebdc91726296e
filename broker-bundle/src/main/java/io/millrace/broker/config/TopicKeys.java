package io.millrace.broker.config;

import io.millrace.broker.config.ConfigKey.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/** The properties of topics: Kafka 4.4's by name, type, default and bounds, and {@code write.caching} of ours. */
public final class TopicKeys {

    /** Stands in for {@code segment.bytes} without its lower bound, so that tests see many segments without writing much. */
    public static final String INTERNAL_SEGMENT_BYTES = "internal.segment.bytes";

    private static final String FOREVER = Long.toString(Long.MAX_VALUE);
    private static final Map<String, ConfigKey> KEYS = new TreeMap<>();
    private static final Map<String, List<Fallback>> FALLBACKS = new TreeMap<>();

    /** Those of what this node does not do, with the reason: who sets them to something should not believe that it works. */
    private static final Map<String, String> FIXED = new TreeMap<>();

    /**
     * A key of the node that gives a property's default.
     *
     * @param factor from the key's unit to the property's
     */
    public record Fallback(String key, long factor) {
    }

    static {
        key("cleanup.policy", Type.LIST, "delete", Allowed.someOf("compact", "delete"),
                "What happens to old data: delete drops segments beyond retention, compact keeps the last record of every key; both may be set,"
                        + " and with neither everything is kept", "log.cleanup.policy");
        key("compression.gzip.level", Type.INT, "-1", new Allowed.GzipLevel(), "Level of gzip if compression.type is gzip; -1 is the codec's own",
                "compression.gzip.level");
        key("compression.lz4.level", Type.INT, "9", Allowed.between(1, 17), "Level of lz4 if compression.type is lz4", "compression.lz4.level");
        key("compression.type", Type.STRING, "producer", Allowed.oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
                "The codec that batches are stored in; producer keeps the one they came in", "compression.type");
        key("compression.zstd.level", Type.INT, "3", Allowed.between(-131_072, 22), "Level of zstd if compression.type is zstd", "compression.zstd.level");
        key("delete.retention.ms", Type.LONG, "86400000", Allowed.atLeast(0),
                "For how long compaction keeps a deletion mark, so that a consumer that reads from the start sees it", "log.cleaner.delete.retention.ms");
        key("errors.deadletterqueue.group.enable", Type.BOOLEAN, "false", Allowed.any(),
                "Can only be the default: share groups are not served");
        key("file.delete.delay.ms", Type.LONG, "60000", Allowed.atLeast(0), "For how long a removed file stays on disk for those who still read it",
                "log.segment.delete.delay.ms");
        key("flush.messages", Type.LONG, FOREVER, Allowed.atLeast(1),
                "After how many records that are not on stable storage an append waits for it, whatever its acks; acks=all always waits",
                "log.flush.interval.messages");
        key("flush.ms", Type.LONG, FOREVER, Allowed.atLeast(0),
                "After how many milliseconds at most appended records are on stable storage; never later than a second",
                "log.flush.interval.ms");
        key("follower.replication.throttled.replicas", Type.LIST, "", new Allowed.Replicas(), "Followers whose replication is throttled");
        key("index.interval.bytes", Type.INT, "4096", Allowed.atLeast(0), "How many bytes of log lie between two index entries", "log.index.interval.bytes");
        KEYS.put(INTERNAL_SEGMENT_BYTES, new ConfigKey(INTERNAL_SEGMENT_BYTES, Type.INT, null, Allowed.atLeast(14),
                "segment.bytes without its lower bound, for tests", true));
        key("leader.replication.throttled.replicas", Type.LIST, "", new Allowed.Replicas(), "Leaders whose replication is throttled");
        key("local.retention.bytes", Type.LONG, "-2", Allowed.atLeast(-2), "Can only be the default: there is no remote storage",
                "log.local.retention.bytes");
        key("local.retention.ms", Type.LONG, "-2", Allowed.atLeast(-2), "Can only be the default: there is no remote storage",
                "log.local.retention.ms");
        key("max.compaction.lag.ms", Type.LONG, FOREVER, Allowed.atLeast(1), "After how many milliseconds a record must have been compacted",
                "log.cleaner.max.compaction.lag.ms");
        key("max.decompressed.message.bytes", Type.INT, "2147483639", Allowed.between(1, 2_147_483_639),
                "The largest record of a compressed batch, in bytes after decompression", "max.decompressed.message.bytes");
        key("max.message.bytes", Type.INT, "1048588", Allowed.atLeast(0), "The largest batch that is accepted, in bytes", "message.max.bytes");
        key("message.timestamp.after.max.ms", Type.LONG, "3600000", Allowed.atLeast(0), "How far a record's time may be ahead of the node's, with CreateTime",
                "log.message.timestamp.after.max.ms");
        key("message.timestamp.before.max.ms", Type.LONG, FOREVER, Allowed.atLeast(0), "How far a record's time may be behind the node's, with CreateTime",
                "log.message.timestamp.before.max.ms");
        key("message.timestamp.type", Type.STRING, "CreateTime", Allowed.oneOf("CreateTime", "LogAppendTime"),
                "CreateTime keeps the producer's time, LogAppendTime sets the node's", "log.message.timestamp.type");
        key("min.cleanable.dirty.ratio", Type.DOUBLE, "0.5", new Allowed.Ratio(), "Which share of a log must be uncompacted before it is worth compacting",
                "log.cleaner.min.cleanable.ratio");
        key("min.compaction.lag.ms", Type.LONG, "0", Allowed.atLeast(0), "For how many milliseconds a record is spared by compaction",
                "log.cleaner.min.compaction.lag.ms");
        key("min.insync.replicas", Type.INT, "1", Allowed.atLeast(1),
                "How many replicas must have a record before acks=all answers; never more than the partition has", "min.insync.replicas");
        key("preallocate", Type.BOOLEAN, "false", Allowed.any(), "Can only be false: segments grow as they are written", "log.preallocate");
        key("remote.copy.lag.bytes", Type.LONG, "-1", Allowed.atLeast(-1), "Can only be the default: there is no remote storage", "log.remote.copy.lag.bytes");
        key("remote.copy.lag.ms", Type.LONG, "0", Allowed.atLeast(-1), "Can only be the default: there is no remote storage", "log.remote.copy.lag.ms");
        key("remote.log.copy.disable", Type.BOOLEAN, "false", Allowed.any(), "Can only be the default: there is no remote storage");
        key("remote.log.delete.on.disable", Type.BOOLEAN, "false", Allowed.any(), "Can only be the default: there is no remote storage");
        key("remote.storage.enable", Type.BOOLEAN, "false", Allowed.any(), "Can only be the default: there is no remote storage");
        key("retention.bytes", Type.LONG, "-1", Allowed.any(), "How many bytes a partition keeps, with the policy delete; negative for no limit",
                "log.retention.bytes");
        key("retention.ms", Type.LONG, "604800000", Allowed.atLeast(-1), "For how many milliseconds a record is kept, with the policy delete; -1 for ever");
        FALLBACKS.put("retention.ms",
                List.of(new Fallback("log.retention.ms", 1), new Fallback("log.retention.minutes", 60_000), new Fallback("log.retention.hours", 3_600_000)));
        key("segment.bytes", Type.INT, "1073741824", Allowed.atLeast(1_048_576), "The size of a log's files in bytes", "log.segment.bytes");
        key("segment.index.bytes", Type.INT, "10485760", Allowed.atLeast(4), "The size of a segment's index that makes the log begin a new segment",
                "log.index.size.max.bytes");
        key("segment.jitter.ms", Type.LONG, "0", Allowed.atLeast(0), "By how much at most segment.ms is shortened, so that not all logs roll at once");
        FALLBACKS.put("segment.jitter.ms", List.of(new Fallback("log.roll.jitter.ms", 1), new Fallback("log.roll.jitter.hours", 3_600_000)));
        key("segment.ms", Type.LONG, "604800000", Allowed.atLeast(1), "After how many milliseconds a log begins a new file even if it is not full");
        FALLBACKS.put("segment.ms", List.of(new Fallback("log.roll.ms", 1), new Fallback("log.roll.hours", 3_600_000)));
        key("unclean.leader.election.enable", Type.BOOLEAN, "false", Allowed.any(),
                "Whether a replica that lacks acknowledged records may lead when no other can", "unclean.leader.election.enable");
        key("write.caching", Type.BOOLEAN, "false", Allowed.any(),
                "Whether acks=all answers before the record is on stable storage; faster, and lost when power fails", "log.write.caching");
    }

    static {
        for (String name : KEYS.keySet()) {
            if (name.startsWith("remote.") || name.startsWith("local.")) {
                FIXED.put(name, "there is no remote storage");
            }
        }
        FIXED.put("preallocate", "segments grow as they are written");
        FIXED.put("errors.deadletterqueue.group.enable", "share groups are not served");
    }

    private TopicKeys() {
    }

    private static void key(String name, Type type, String defaultValue, Allowed allowed, String documentation, String... nodeKeys) {
        KEYS.put(name, ConfigKey.of(name, type, defaultValue, allowed, documentation));
        if (nodeKeys.length > 0) {
            FALLBACKS.put(name, Arrays.stream(nodeKeys).map(key -> new Fallback(key, 1)).toList());
        }
    }

    /** By name. */
    public static Collection<ConfigKey> all() {
        return Collections.unmodifiableCollection(KEYS.values());
    }

    /** @throws InvalidConfigurationException if there is none */
    public static ConfigKey get(String name) {
        ConfigKey key = KEYS.get(name);
        if (key == null) {
            throw new InvalidConfigurationException("Unknown topic config name: " + name + NearestName.hint(name, KEYS.keySet()));
        }
        return key;
    }

    public static boolean exists(String name) {
        return KEYS.containsKey(name);
    }

    /** The node's keys that a property falls back on, the first that has a value wins. */
    public static List<Fallback> fallbacks(String property) {
        return FALLBACKS.getOrDefault(property, List.of());
    }

    /** The property that a key of the node gives the default of; null if none. */
    static ConfigKey ofNodeKey(String key) {
        for (Map.Entry<String, List<Fallback>> property : FALLBACKS.entrySet()) {
            if (property.getValue().getFirst().key().equals(key)) {
                return KEYS.get(property.getKey());
            }
        }
        return null;
    }

    /**
     * Rules between properties.
     *
     * @param values by property, what is in force
     * @throws InvalidConfigurationException naming the properties and the mend
     */
    public static void checkTogether(Map<String, String> values) {
        long least = Long.parseLong(values.get("min.compaction.lag.ms"));
        long most = Long.parseLong(values.get("max.compaction.lag.ms"));
        if (least > most) {
            throw new InvalidConfigurationException("min.compaction.lag.ms (" + least + ") is more than max.compaction.lag.ms (" + most
                    + "): lower the one or raise the other");
        }
        for (Map.Entry<String, String> fixed : FIXED.entrySet()) {
            ConfigKey key = KEYS.get(fixed.getKey());
            String value = values.get(key.name());
            if (!value.equals(key.defaultValue())) {
                throw new InvalidConfigurationException(key.name() + "=" + value + ": " + fixed.getValue() + "; leave it at " + key.defaultValue());
            }
        }
    }
}
