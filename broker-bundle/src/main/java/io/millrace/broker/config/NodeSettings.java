package io.millrace.broker.config;

import io.millrace.broker.config.TopicKeys.Fallback;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is in force on a node: its own dynamic value, else that of all nodes, else that of {@code millrace.properties}, else the default.
 * Immutable.
 */
public final class NodeSettings {

    private static final Logger LOG = LoggerFactory.getLogger(NodeSettings.class);

    private final Map<String, String> fixed;
    private final Map<String, String> clusterWide;
    private final Map<String, String> own;
    private final Map<String, String> topicDefaults;

    /** A value that one level has. */
    public record Level(String name, String value, ConfigSource source) {
    }

    private NodeSettings(Map<String, String> fixed, Map<String, String> clusterWide, Map<String, String> own) {
        this.fixed = Map.copyOf(fixed);
        this.clusterWide = Map.copyOf(clusterWide);
        this.own = Map.copyOf(own);
        this.topicDefaults = resolveTopicDefaults();
    }

    /**
     * @param set what {@code millrace.properties} or the command line sets; keys that are not the broker's do not matter
     * @throws IllegalStateException for a value that a key cannot have, in one line for the user
     */
    public static NodeSettings of(Map<String, String> set) {
        Map<String, String> checked = new HashMap<>();
        set.forEach((name, value) -> {
            // Nothing given is nothing set, where nothing is no value.
            if (BrokerKeys.exists(name) && !(value.isBlank() && BrokerKeys.get(name).defaultValue() == null)) {
                try {
                    checked.put(name, BrokerKeys.get(name).check(value));
                } catch (InvalidConfigurationException refused) {
                    throw new IllegalStateException(refused.getMessage() + "; correct it in millrace.properties");
                }
            }
        });
        NodeSettings settings = new NodeSettings(checked, Map.of(), Map.of());
        try {
            TopicKeys.checkTogether(settings.topicDefaults);
        } catch (InvalidConfigurationException refused) {
            throw new IllegalStateException("defaults of topics: " + refused.getMessage());
        }
        return settings;
    }

    /**
     * The same node with other dynamic values. Values that this release does not know, left by another one, are passed over.
     *
     * @param clusterWide for all nodes
     * @param own         for this node
     */
    public NodeSettings with(Map<String, String> clusterWide, Map<String, String> own) {
        return new NodeSettings(fixed, known(clusterWide), known(own));
    }

    private static Map<String, String> known(Map<String, String> values) {
        Map<String, String> known = new HashMap<>();
        values.forEach((name, value) -> {
            try {
                known.put(name, BrokerKeys.get(name).check(value));
            } catch (InvalidConfigurationException refused) {
                LOG.warn("a dynamic configuration that another release stored is passed over: {}", refused.getMessage());
            }
        });
        return known;
    }

    /** @return null if nobody sets it and it has no default */
    public String value(String key) {
        String value = own.get(key);
        if (value == null) {
            value = clusterWide.get(key);
        }
        if (value == null) {
            value = fixed.get(key);
        }
        return value != null ? value : BrokerKeys.get(key).defaultValue();
    }

    public long number(String key) {
        return Long.parseLong(value(key));
    }

    /** Every level that has a value, the one in force first. */
    public List<Level> levels(String key) {
        ConfigKey property = TopicKeys.ofNodeKey(key);
        return levels(property == null ? List.of(key) : TopicKeys.fallbacks(property.name()).stream().map(Fallback::key).toList());
    }

    /** The levels that a topic's property falls back on. */
    public List<Level> levelsOfTopicProperty(String property) {
        return levels(TopicKeys.fallbacks(property).stream().map(Fallback::key).toList());
    }

    private List<Level> levels(List<String> keys) {
        List<Level> levels = new ArrayList<>();
        keys.forEach(key -> add(levels, key, own.get(key), ConfigSource.DYNAMIC_BROKER_CONFIG));
        keys.forEach(key -> add(levels, key, clusterWide.get(key), ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG));
        keys.forEach(key -> add(levels, key, fixed.get(key), ConfigSource.STATIC_BROKER_CONFIG));
        keys.forEach(key -> add(levels, key, BrokerKeys.exists(key) ? BrokerKeys.get(key).defaultValue() : null, ConfigSource.DEFAULT_CONFIG));
        // Kafka names no default in another unit.
        return levels.isEmpty() || levels.getFirst().source() == ConfigSource.DEFAULT_CONFIG && !levels.getFirst().name().equals(keys.getFirst())
                ? List.of() : levels;
    }

    private static void add(List<Level> levels, String key, String value, ConfigSource source) {
        if (value != null) {
            levels.add(new Level(key, value, source));
        }
    }

    /** By property, what topics have that do not say otherwise. */
    public Map<String, String> topicDefaults() {
        return topicDefaults;
    }

    private Map<String, String> resolveTopicDefaults() {
        Map<String, String> defaults = new HashMap<>();
        for (ConfigKey property : TopicKeys.all()) {
            String value = property.defaultValue();
            for (Fallback fallback : TopicKeys.fallbacks(property.name())) {
                String ofNode = BrokerKeys.exists(fallback.key()) ? value(fallback.key()) : null;
                if (ofNode != null) {
                    value = fallback.factor() == 1 ? ofNode : scaled(ofNode, fallback.factor());
                    break;
                }
            }
            if (value != null) {
                defaults.put(property.name(), value);
            }
        }
        return Map.copyOf(defaults);
    }

    /** Negative stands for no limit in every unit. */
    private static String scaled(String value, long factor) {
        long number = Long.parseLong(value);
        return Long.toString(number < 0 ? -1 : number > Long.MAX_VALUE / factor ? Long.MAX_VALUE : number * factor);
    }
}
