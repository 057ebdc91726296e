package io.millrace.connect.client;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's settings for the clients of all connectors' tasks: {@code producer.}, {@code consumer.} and {@code admin.}, as those of a Kafka Connect worker. */
public record ClientDefaults(Map<String, String> producer, Map<String, String> consumer, Map<String, String> admin) {

    public static final ClientDefaults NONE = new ClientDefaults(Map.of(), Map.of(), Map.of());

    private static final Logger LOG = LoggerFactory.getLogger(ClientDefaults.class);
    /** What all connectors together cannot have. */
    private static final Map<String, String> REFUSED = Map.of(
            "bootstrap.servers", "tasks work with this node; for one connector there is producer.override.bootstrap.servers",
            "group.id", "every sink connector has a group of its own; for one connector there is consumer.override.group.id",
            "group.instance.id", "every task has one of its own",
            "transactional.id", "every task has one of its own",
            "client.id", "every task has one of its own");

    /** @throws ConfigException if a value is wrong, or one that not all connectors can have */
    public ClientDefaults {
        producer = checked("producer.", producer, ProducerConfig.configDef());
        consumer = checked("consumer.", consumer, ConsumerConfig.configDef());
        admin = checked("admin.", admin, AdminClientConfig.configDef());
    }

    private static Map<String, String> checked(String prefix, Map<String, String> given, ConfigDef def) {
        Map<String, String> checked = new LinkedHashMap<>(given);
        for (Map.Entry<String, String> each : given.entrySet()) {
            String mend = REFUSED.get(each.getKey());
            if (mend != null) {
                throw new ConfigException(prefix + each.getKey(), each.getValue(), mend);
            }
            ConfigDef.ConfigKey known = def.configKeys().get(each.getKey());
            if (known == null) {
                LOG.warn("{}{} is no setting of Kafka's client; it is given to those who may know it", prefix, each.getKey());
                continue;
            }
            try {
                Object value = ConfigDef.parseType(prefix + each.getKey(), each.getValue(), known.type);
                if (known.validator != null) {
                    known.validator.ensureValid(prefix + each.getKey(), value);
                }
            } catch (ConfigException e) {
                throw new ConfigException(e.getMessage() + "; it is in this node's configuration");
            }
        }
        return Map.copyOf(checked);
    }

    /** What a client is made with: what suits most, the node's settings, the connector's. */
    static Map<String, Object> merged(Map<String, ?> usual, Map<String, ?> node, Map<String, ?> connector) {
        Map<String, Object> merged = new HashMap<>(usual);
        merged.putAll(node);
        merged.putAll(connector);
        return merged;
    }

    public Map<String, Object> forProducer(Map<String, ?> usual, Map<String, ?> overrides) {
        return merged(usual, producer, overrides);
    }

    public Map<String, Object> forConsumer(Map<String, ?> usual, Map<String, ?> overrides) {
        return merged(usual, consumer, overrides);
    }

    public Map<String, Object> forAdmin(Map<String, ?> overrides) {
        return merged(Map.of(), admin, overrides);
    }
}
