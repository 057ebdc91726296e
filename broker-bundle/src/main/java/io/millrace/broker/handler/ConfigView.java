package io.millrace.broker.handler;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.metadata.TopicDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigType;

/** Configuration as clients see it: what is in force, and where it comes from. Immutable. */
final class ConfigView {

    private final Map<String, String> node;
    private final TopicDefaults defaults;

    /** @param node values of the node's configuration keys */
    ConfigView(Map<String, String> node, TopicDefaults defaults) {
        this.node = new TreeMap<>(node);
        this.defaults = defaults;
    }

    /** @param synonyms the value of each level that has one, the one in force first */
    record Value(String name, String value, ConfigSource source, boolean readOnly, ConfigType type, String description, List<Synonym> synonyms) {
    }

    record Synonym(String name, String value, ConfigSource source) {
    }

    /** @param set the topic's own properties */
    List<Value> ofTopic(Map<String, String> set) {
        List<Value> values = new ArrayList<>();
        for (LogConfig.Key property : new TreeMap<>(LogConfig.keys()).values()) {
            List<Synonym> levels = new ArrayList<>(3);
            if (set.containsKey(property.name())) {
                levels.add(new Synonym(property.name(), set.get(property.name()), ConfigSource.TOPIC_CONFIG));
            }
            String key = TopicDefaults.nodeKey(property.name());
            String ofNode = defaults.value(property.name());
            if (ofNode != null && !ofNode.equals(property.defaultValue())) {
                levels.add(new Synonym(key, ofNode, ConfigSource.STATIC_BROKER_CONFIG));
            }
            levels.add(new Synonym(key == null ? property.name() : key, property.defaultValue(), ConfigSource.DEFAULT_CONFIG));
            Synonym inForce = levels.getFirst();
            values.add(new Value(property.name(), inForce.value(), inForce.source(), false, ConfigType.valueOf(property.type().name()),
                    property.documentation(), levels));
        }
        return values;
    }

    List<Value> ofNode() {
        List<Value> values = new ArrayList<>();
        node.forEach((key, value) -> values.add(new Value(key, value, ConfigSource.STATIC_BROKER_CONFIG, true, ConfigType.STRING, null,
                List.of(new Synonym(key, value, ConfigSource.STATIC_BROKER_CONFIG)))));
        return values;
    }
}
