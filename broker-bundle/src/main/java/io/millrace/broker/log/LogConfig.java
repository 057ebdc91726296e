package io.millrace.broker.log;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.record.TimestampType;

/**
 * The properties of a topic, with Kafka's names, defaults and units. Immutable.
 *
 * @param overrides what was set on the topic, by name
 * @param values    every property's value as text, by name
 */
public record LogConfig(Map<String, String> overrides, Map<String, String> values) {

    /** A property: its default, how it is checked, and what it does. */
    public record Key(String name, Type type, String defaultValue, String documentation) {}

    /** How a property's text is read. */
    public enum Type { INT, LONG, BOOLEAN, STRING, LIST, DOUBLE }

    private static final Map<String, Key> KEYS = new TreeMap<>();

    static {
        key("cleanup.policy", Type.LIST, "delete", "What happens to old segments: delete, compact, or both.");
        key("compression.type", Type.STRING, "producer", "Codec of the stored batches; producer keeps what was sent.");
        key("delete.retention.ms", Type.LONG, "86400000", "How long tombstones of compacted topics stay.");
        key("file.delete.delay.ms", Type.LONG, "60000", "How long a removed file stays for readers under way.");
        key("flush.messages", Type.LONG, "9223372036854775807", "Accepted for compatibility; acks=all is always on disk.");
        key("flush.ms", Type.LONG, "9223372036854775807", "Accepted for compatibility; acks=all is always on disk.");
        key("index.interval.bytes", Type.INT, "4096", "Log bytes between two index entries.");
        key("max.compaction.lag.ms", Type.LONG, "9223372036854775807", "Longest time a record stays uncompacted.");
        key("max.message.bytes", Type.INT, "1048588", "Largest batch accepted.");
        key("message.timestamp.after.max.ms", Type.LONG, "3600000", "How far a record's time may be ahead.");
        key("message.timestamp.before.max.ms", Type.LONG, "9223372036854775807", "How far a record's time may be behind.");
        key("message.timestamp.type", Type.STRING, "CreateTime", "CreateTime keeps the producer's time, LogAppendTime sets the broker's.");
        key("min.cleanable.dirty.ratio", Type.DOUBLE, "0.5", "Share of uncompacted bytes that makes a log worth compacting.");
        key("min.compaction.lag.ms", Type.LONG, "0", "Shortest time a record stays uncompacted.");
        key("min.insync.replicas", Type.INT, "1", "Replicas that must have an acks=all record.");
        key("preallocate", Type.BOOLEAN, "false", "Accepted for compatibility.");
        key("retention.bytes", Type.LONG, "-1", "Size of a partition beyond which old segments go; -1 is unbounded.");
        key("retention.ms", Type.LONG, "604800000", "Age at which segments go; -1 is unbounded.");
        key("segment.bytes", Type.INT, "1073741824", "Size at which a new segment begins.");
        key("segment.index.bytes", Type.INT, "10485760", "Size of a segment's index files at which a new segment begins.");
        key("segment.jitter.ms", Type.LONG, "0", "By how much earlier than segment.ms a segment may be rolled, at random.");
        key("segment.ms", Type.LONG, "604800000", "Age at which a new segment begins.");
        key("unclean.leader.election.enable", Type.BOOLEAN, "false", "Whether a replica outside the ISR may lead.");
        key("write.caching", Type.BOOLEAN, "false", "Acknowledge acks=all from the page cache, without waiting for the disk.");
    }

    private static void key(String name, Type type, String defaultValue, String documentation) {
        KEYS.put(name, new Key(name, type, defaultValue, documentation));
    }

    /** All properties by name. */
    public static Map<String, Key> keys() {
        return Map.copyOf(KEYS);
    }

    public static LogConfig defaults() {
        return of(Map.of());
    }

    public static LogConfig of(Map<String, String> overrides) {
        return of(overrides, Map.of());
    }

    /**
     * @param overrides what is set on the topic
     * @param defaults  what this node sets for topics that do not
     * @throws InvalidConfigurationException naming the property, the value and what is allowed
     */
    public static LogConfig of(Map<String, String> overrides, Map<String, String> defaults) {
        Map<String, String> values = new LinkedHashMap<>();
        for (Key key : KEYS.values()) {
            String value = overrides.get(key.name());
            if (value == null) {
                value = defaults.getOrDefault(key.name(), key.defaultValue());
            }
            check(key, value.trim());
            values.put(key.name(), value.trim());
        }
        for (String name : overrides.keySet()) {
            if (!KEYS.containsKey(name)) {
                throw new InvalidConfigurationException("Unknown topic config name: " + name);
            }
        }
        if (Long.parseLong(values.get("min.compaction.lag.ms")) > Long.parseLong(values.get("max.compaction.lag.ms"))) {
            throw new InvalidConfigurationException("min.compaction.lag.ms=" + values.get("min.compaction.lag.ms") + " is more than max.compaction.lag.ms="
                    + values.get("max.compaction.lag.ms") + "; a record cannot be kept for longer than it may stay");
        }
        return new LogConfig(Map.copyOf(overrides), values);
    }

    private static void check(Key key, String value) {
        try {
            switch (key.type()) {
                case INT -> Integer.parseInt(value);
                case LONG -> Long.parseLong(value);
                case DOUBLE -> Double.parseDouble(value);
                case BOOLEAN -> {
                    if (!Set.of("true", "false").contains(value.toLowerCase(Locale.ROOT))) {
                        throw new NumberFormatException();
                    }
                }
                case STRING, LIST -> { }
            }
        } catch (NumberFormatException e) {
            throw invalid(key, value, "a " + key.type().name().toLowerCase(Locale.ROOT));
        }
        switch (key.name()) {
            case "cleanup.policy" -> require(key, value, Set.of("delete", "compact"), List.of(value.split("\\s*,\\s*")));
            case "compression.type" -> require(key, value, Set.of("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"), List.of(value));
            case "message.timestamp.type" -> require(key, value, Set.of("CreateTime", "LogAppendTime"), List.of(value));
            case "segment.bytes" -> atLeast(key, value, 14);
            case "segment.ms", "min.insync.replicas", "max.compaction.lag.ms" -> atLeast(key, value, 1);
            case "retention.ms", "retention.bytes" -> atLeast(key, value, -1);
            case "segment.jitter.ms", "max.message.bytes", "index.interval.bytes", "delete.retention.ms", "file.delete.delay.ms",
                 "min.compaction.lag.ms" -> atLeast(key, value, 0);
            case "min.cleanable.dirty.ratio" -> {
                if (!(Double.parseDouble(value) >= 0 && Double.parseDouble(value) <= 1)) {
                    throw invalid(key, value, "from 0 to 1");
                }
            }
            case "segment.index.bytes" -> atLeast(key, value, 4);
            default -> { }
        }
    }

    private static void require(Key key, String value, Set<String> allowed, List<String> given) {
        if (!allowed.containsAll(given)) {
            throw invalid(key, value, "one of " + new java.util.TreeSet<>(allowed));
        }
    }

    private static void atLeast(Key key, String value, long least) {
        if (Long.parseLong(value) < least) {
            throw invalid(key, value, "at least " + least);
        }
    }

    private static InvalidConfigurationException invalid(Key key, String value, String expected) {
        return new InvalidConfigurationException("Invalid value " + value + " for configuration " + key.name() + ": it must be " + expected);
    }

    public String get(String name) {
        return values.get(name);
    }

    int getInt(String name) {
        return Integer.parseInt(values.get(name));
    }

    long getLong(String name) {
        return Long.parseLong(values.get(name));
    }

    public boolean compacted() {
        return values.get("cleanup.policy").contains("compact");
    }

    public boolean deleted() {
        return values.get("cleanup.policy").contains("delete");
    }

    public boolean writeCaching() {
        return Boolean.parseBoolean(values.get("write.caching"));
    }

    public TimestampType timestampType() {
        return TimestampType.forName(values.get("message.timestamp.type"));
    }
}
