package io.millrace.broker.handler;

import io.millrace.broker.config.BrokerKeys;
import io.millrace.broker.config.ClientMetricsKeys;
import io.millrace.broker.config.ConfigKey;
import io.millrace.broker.config.GroupKeys;
import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.config.NodeSettings.Level;
import io.millrace.broker.config.TopicKeys;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

/** Configuration as clients see it: what is in force, and where it comes from. Pure. */
final class ConfigView {

    private ConfigView() {
    }

    /**
     * @param value  null if it is secret, or if nothing gives one
     * @param levels the value of each level that has one, the one in force first
     */
    record Value(String name, String value, ConfigSource source, boolean readOnly, boolean sensitive, ConfigType type, String description, List<Level> levels) {
    }

    /** @param set the topic's own properties */
    static List<Value> ofTopic(Map<String, String> set, NodeSettings node) {
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : TopicKeys.all()) {
            String own = set.get(key.name());
            if (own != null || !key.hidden()) {
                String inForce = own != null ? own : node.topicDefaults().get(key.name());
                values.add(value(key, inForce, levels(key.name(), own, ConfigSource.TOPIC_CONFIG, node.levelsOfTopicProperty(key.name()))));
            }
        }
        return values;
    }

    static List<Value> ofGroup(Map<String, String> set, NodeSettings node) {
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : GroupKeys.all()) {
            String own = set.get(key.name());
            values.add(value(key, GroupKeys.value(key.name(), set, node),
                    levels(key.name(), own, ConfigSource.GROUP_CONFIG, GroupKeys.levels(key.name(), node))));
        }
        return values;
    }

    static List<Value> ofClientMetrics(Map<String, String> set) {
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : ClientMetricsKeys.all()) {
            String own = set.get(key.name());
            values.add(value(key, own != null ? own : key.defaultValue(), levels(key.name(), own, ConfigSource.CLIENT_METRICS_CONFIG, List.of())));
        }
        return values;
    }

    static List<Value> ofNode(NodeSettings node) {
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : BrokerKeys.all()) {
            List<Level> levels = node.levels(key.name());
            // What another key gives in another unit is not this one's value.
            int first = 0;
            while (first < levels.size() && !levels.get(first).name().equals(key.name())) {
                first++;
            }
            values.add(value(key, node.value(key.name()), levels.subList(first, levels.size()), !BrokerKeys.isDynamic(key.name())));
        }
        return values;
    }

    /** @param set what is set for all nodes */
    static List<Value> ofAllNodes(Map<String, String> set) {
        List<Value> values = new ArrayList<>();
        for (ConfigKey key : BrokerKeys.all()) {
            String own = set.get(key.name());
            if (own != null) {
                values.add(value(key, own, levels(key.name(), own, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, List.of())));
            }
        }
        return values;
    }

    /** @param levels by logger */
    static List<Value> ofLoggers(Map<String, String> levels) {
        List<Value> values = new ArrayList<>();
        levels.forEach((logger, level) -> values.add(new Value(logger, level, ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, false, false, ConfigType.UNKNOWN, null,
                List.of())));
        return values;
    }

    private static List<Level> levels(String name, String own, ConfigSource source, Collection<Level> below) {
        List<Level> levels = new ArrayList<>();
        if (own != null) {
            levels.add(new Level(name, own, source));
        }
        levels.addAll(below);
        return levels;
    }

    private static Value value(ConfigKey key, String inForce, List<Level> levels) {
        return value(key, inForce, levels, false);
    }

    private static Value value(ConfigKey key, String inForce, List<Level> levels, boolean readOnly) {
        ConfigSource source = levels.isEmpty() ? ConfigSource.DEFAULT_CONFIG : levels.getFirst().source();
        boolean secret = key.sensitive();
        List<Level> shown = secret ? levels.stream().map(level -> new Level(level.name(), null, level.source())).toList() : levels;
        return new Value(key.name(), secret ? null : inForce, source, readOnly, secret, ConfigType.valueOf(key.type().name()), key.documentation(), shown);
    }
}
