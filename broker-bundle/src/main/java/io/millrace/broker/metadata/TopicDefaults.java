package io.millrace.broker.metadata;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.config.TopicKeys;
import io.millrace.broker.log.LogConfig;
import java.util.HashMap;
import java.util.Map;

/** What topics have that do not say otherwise. Immutable. */
public final class TopicDefaults {

    private final Map<String, String> values;

    private TopicDefaults(Map<String, String> values) {
        this.values = values;
    }

    public static TopicDefaults of(NodeSettings node) {
        return new TopicDefaults(node.topicDefaults());
    }

    /** What is in force for a topic whose properties were checked when they were set. Never fails: a node's new default must not stop a topic. */
    LogConfig resolve(Map<String, String> overrides) {
        return LogConfig.of(overrides, values);
    }

    /**
     * @return the given properties as they are to be stored
     * @throws org.apache.kafka.common.errors.InvalidConfigurationException naming the first that is unknown or has a wrong value, or that does not
     *                                                                      fit the others
     */
    Map<String, String> check(Map<String, String> overrides) {
        Map<String, String> checked = new HashMap<>();
        overrides.forEach((name, value) -> checked.put(name, TopicKeys.get(name).check(value)));
        TopicKeys.checkTogether(resolve(checked).values());
        return checked;
    }

    /** By topic property. */
    public Map<String, String> values() {
        return values;
    }
}
