package io.millrace.broker.metadata;

import io.millrace.broker.log.LogConfig;
import java.util.HashMap;
import java.util.Map;

/**
 * What topics have that do not say otherwise: the node's configuration keys, by the topic property that each gives the default of. Immutable.
 */
public final class TopicDefaults {

    /** Topic property to node key, where the names differ from each other as they do in Kafka. */
    private static final Map<String, String> NODE_KEYS = Map.ofEntries(
            Map.entry("cleanup.policy", "log.cleanup.policy"),
            Map.entry("delete.retention.ms", "log.cleaner.delete.retention.ms"),
            Map.entry("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
            Map.entry("max.message.bytes", "message.max.bytes"),
            Map.entry("message.timestamp.type", "log.message.timestamp.type"),
            Map.entry("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
            Map.entry("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
            Map.entry("min.insync.replicas", "min.insync.replicas"),
            Map.entry("retention.bytes", "log.retention.bytes"),
            Map.entry("retention.ms", "log.retention.ms"),
            Map.entry("segment.bytes", "log.segment.bytes"),
            Map.entry("segment.ms", "log.roll.ms"),
            Map.entry("write.caching", "log.write.caching"));

    private final Map<String, String> values;

    private TopicDefaults(Map<String, String> values) {
        this.values = values;
    }

    /**
     * @param nodeConfig by key; keys that are no topic's default do not matter
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException for a value that the property cannot have
     */
    public static TopicDefaults of(Map<String, String> nodeConfig) {
        Map<String, String> values = new HashMap<>();
        NODE_KEYS.forEach((property, key) -> {
            if (nodeConfig.containsKey(key)) {
                values.put(property, nodeConfig.get(key));
            }
        });
        TopicDefaults defaults = new TopicDefaults(Map.copyOf(values));
        defaults.apply(Map.of());
        return defaults;
    }

    /** @throws org.apache.kafka.common.errors.InvalidConfigurationException naming the first property that is unknown or has a wrong value */
    public LogConfig apply(Map<String, String> overrides) {
        return LogConfig.of(overrides, values);
    }

    /** The node's key of a topic property; null if there is none. */
    public static String nodeKey(String property) {
        return NODE_KEYS.get(property);
    }

    /** By topic property. */
    public Map<String, String> values() {
        return values;
    }

    /** The node's value for a topic property; null if it has none. */
    public String value(String property) {
        return values.get(property);
    }
}
