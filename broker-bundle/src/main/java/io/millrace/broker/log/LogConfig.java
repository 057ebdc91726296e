package io.millrace.broker.log;

import io.millrace.broker.config.ConfigKey;
import io.millrace.broker.config.TopicKeys;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.record.TimestampType;

/**
 * The properties of a topic that are in force, with Kafka's names, defaults and units. Immutable.
 *
 * @param overrides what was set on the topic, by name
 * @param values    every property's value as text, by name
 */
public record LogConfig(Map<String, String> overrides, Map<String, String> values) {

    public static LogConfig defaults() {
        return of(Map.of());
    }

    public static LogConfig of(Map<String, String> overrides) {
        return of(overrides, Map.of());
    }

    /**
     * Resolves, and trusts the values: who takes them from a client checks them before.
     *
     * @param overrides what is set on the topic
     * @param defaults  what this node sets for topics that do not
     * @throws InvalidConfigurationException for a name that is no property's
     */
    public static LogConfig of(Map<String, String> overrides, Map<String, String> defaults) {
        overrides.keySet().forEach(TopicKeys::get);
        Map<String, String> values = new HashMap<>();
        for (ConfigKey key : TopicKeys.all()) {
            String value = overrides.get(key.name());
            if (value == null) {
                value = defaults.getOrDefault(key.name(), key.defaultValue());
            }
            if (value != null) {
                values.put(key.name(), value.strip());
            }
        }
        return new LogConfig(Map.copyOf(overrides), Map.copyOf(values));
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

    /** What a segment may grow to. */
    int segmentBytes() {
        return getInt(values.containsKey(TopicKeys.INTERNAL_SEGMENT_BYTES) ? TopicKeys.INTERNAL_SEGMENT_BYTES : "segment.bytes");
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
