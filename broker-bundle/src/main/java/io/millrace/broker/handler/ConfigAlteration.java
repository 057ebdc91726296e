package io.millrace.broker.handler;

import io.millrace.broker.config.BrokerKeys;
import io.millrace.broker.config.ClientMetricsKeys;
import io.millrace.broker.config.ConfigKey;
import io.millrace.broker.config.GroupKeys;
import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.config.TopicKeys;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;

/** Single changes of one resource's configuration, applied to what is set: sets, deletions, and changes of lists (KIP-339). */
record ConfigAlteration(ConfigResource.Type type, List<Op> ops, NodeSettings node) implements UnaryOperator<Map<String, String>> {

    /** @param value null for a deletion */
    record Op(String name, OpType operation, String value) {
    }

    @Override
    public Map<String, String> apply(Map<String, String> before) {
        Map<String, String> after = new HashMap<>(before);
        for (Op op : ops) {
            switch (op.operation()) {
                case SET -> after.put(op.name(), op.value());
                // Of a key that is not known, too: so is cleared what another release left.
                case DELETE -> after.remove(op.name());
                case APPEND, SUBTRACT -> combine(after, op);
            }
        }
        return after;
    }

    private void combine(Map<String, String> config, Op op) {
        ConfigKey key = key(op.name());
        if (key.type() != ConfigKey.Type.LIST) {
            throw new InvalidConfigurationException("Can't " + op.operation() + " to key " + op.name() + " because its type is not LIST: set or delete it");
        }
        String base = config.containsKey(op.name()) ? config.get(op.name()) : inForce(key);
        List<String> elements = new ArrayList<>(ConfigKey.elements(base));
        List<String> given = ConfigKey.elements(op.value());
        boolean changed = op.operation() == OpType.APPEND ? elements.addAll(given.stream().filter(element -> !elements.contains(element)).toList())
                : elements.removeAll(given);
        if (changed) {
            config.put(op.name(), String.join(",", elements));
        }
    }

    private ConfigKey key(String name) {
        return switch (type) {
            case TOPIC -> TopicKeys.get(name);
            case BROKER -> BrokerKeys.dynamic(name);
            case GROUP -> GroupKeys.get(name);
            case CLIENT_METRICS -> ClientMetricsKeys.get(name);
            default -> throw new InvalidConfigurationException(type + " has no lists");
        };
    }

    private String inForce(ConfigKey key) {
        String value = switch (type) {
            case TOPIC -> node.topicDefaults().get(key.name());
            case BROKER -> node.value(key.name());
            case GROUP -> GroupKeys.value(key.name(), Map.of(), node);
            default -> key.defaultValue();
        };
        return value == null ? "" : value;
    }
}
