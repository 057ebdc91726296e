package io.millrace.connect.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the node's configuration says for connectors that do not say it themselves; the keys are those of Kafka Connect's workers. Immutable.
 *
 * @param converters      {@code key.converter}, {@code value.converter} and {@code header.converter} with what belongs to them, where the node sets them
 * @param topicCreation   whether connectors' {@code topic.creation} settings count ({@code topic.creation.enable})
 */
public record NodeDefaults(Map<String, String> converters, boolean topicCreation) {

    private static final List<String> CONVERTERS = List.of(ConnectorConfig.KEY_CONVERTER, ConnectorConfig.VALUE_CONVERTER, ConnectorConfig.HEADER_CONVERTER);

    public NodeDefaults {
        converters = Map.copyOf(converters);
    }

    /** @return the configuration as it takes effect */
    public Map<String, String> applied(Map<String, String> config) {
        Map<String, String> applied = new LinkedHashMap<>(config);
        for (String key : CONVERTERS) {
            // Settings of the node's converter are not meant for one that the connector chooses itself.
            if (config.get(key) == null && converters.containsKey(key)) {
                converters.forEach((name, value) -> {
                    if (name.equals(key) || name.startsWith(key + ".")) {
                        applied.putIfAbsent(name, value);
                    }
                });
            }
        }
        if (!topicCreation) {
            applied.keySet().removeIf(key -> key.startsWith("topic.creation."));
        }
        return applied;
    }
}
