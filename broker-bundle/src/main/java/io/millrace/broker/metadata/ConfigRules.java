package io.millrace.broker.metadata;

import io.millrace.broker.config.BrokerKeys;
import io.millrace.broker.config.ClientMetricsKeys;
import io.millrace.broker.config.ConfigKey;
import io.millrace.broker.config.GroupKeys;
import io.millrace.broker.config.NodeSettings;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;

/** What may be set on resources that are no topics. */
final class ConfigRules {

    private static final int LONGEST_NAME = 8192;

    private ConfigRules() {
    }

    /** @throws InvalidRequestException if there can be no such resource, with Kafka's reasons */
    static void checkName(ConfigResource resource, String self) {
        String name = resource.name();
        switch (resource.type()) {
            case BROKER -> {
                if (!name.isEmpty() && !name.equals(self)) {
                    throw new InvalidRequestException("Unexpected broker id, expected " + self + " or an empty string for all nodes, but received " + name);
                }
            }
            case GROUP -> {
                if (name.isEmpty()) {
                    throw new InvalidRequestException("Default group resources are not allowed: name the group");
                }
            }
            case CLIENT_METRICS -> {
                if (name.isEmpty()) {
                    throw new InvalidRequestException("Subscription name can't be empty");
                }
            }
            default -> throw new InvalidRequestException("Unexpected resource type " + resource.type());
        }
        if (name.length() > LONGEST_NAME) {
            throw new InvalidRequestException("a name of " + name.length() + " characters; at most " + LONGEST_NAME + " are allowed");
        }
    }

    /**
     * @param before what is set, which was checked when it was
     * @return the new configuration as it is to be stored
     */
    static Map<String, String> check(ConfigResource resource, Map<String, String> before, Map<String, String> after, NodeSettings settings) {
        Map<String, String> checked = new HashMap<>();
        after.forEach((name, value) -> checked.put(name, value.equals(before.get(name)) ? value : key(resource.type(), name).check(value)));
        switch (resource.type()) {
            case GROUP -> GroupKeys.checkTogether(checked, settings);
            case CLIENT_METRICS -> ClientMetricsKeys.checkTogether(checked);
            case BROKER -> checkLevel(resource, checked);
            default -> { }
        }
        return checked;
    }

    /** Kafka takes values that a node cannot have for an invalid request, those of other resources for an invalid configuration. */
    static ApiException refusal(ConfigResource resource, InvalidConfigurationException refused) {
        return resource.type() == ConfigResource.Type.BROKER ? new InvalidRequestException(refused.getMessage(), refused) : refused;
    }

    private static void checkLevel(ConfigResource nodes, Map<String, String> config) {
        if (nodes.isDefault()) {
            config.keySet().stream().filter(BrokerKeys::isOfOneNode).findFirst().ifPresent(name -> {
                throw new InvalidConfigurationException(name + " cannot be set for all nodes, whose folders differ; set it for each");
            });
        }
    }

    private static ConfigKey key(ConfigResource.Type type, String name) {
        return switch (type) {
            case BROKER -> BrokerKeys.dynamic(name);
            case GROUP -> GroupKeys.get(name);
            case CLIENT_METRICS -> ClientMetricsKeys.get(name);
            default -> throw new InvalidRequestException("Unexpected resource type " + type);
        };
    }
}
