package io.millrace.connect.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.config.ConfigException;

/** Which settings of its clients a connector may override: Kafka Connect's own policies (KIP-458, KIP-1188). Immutable. */
public final class OverridePolicy {

    public static final String KEY = "connector.client.config.override.policy";
    public static final String ALLOWLIST_KEY = "connector.client.config.override.allowlist";

    static final String PRODUCER = "producer.override.";
    static final String CONSUMER = "consumer.override.";
    static final String ADMIN = "admin.override.";

    private static final String PACKAGE = "org.apache.kafka.connect.connector.policy.";
    private static final String SUFFIX = "ConnectorClientConfigOverridePolicy";
    private static final Set<String> PRINCIPAL = Set.of("security.protocol", "sasl.mechanism", "sasl.jaas.config");

    private final String name;
    private final Predicate<String> allowed;

    private OverridePolicy(String name, Predicate<String> allowed) {
        this.name = name;
        this.allowed = allowed;
    }

    /**
     * @param policy    its alias, or the class of Kafka Connect's
     * @param allowlist settings for the policy {@code Allowlist}
     * @throws ConfigException if it is none of Kafka Connect's own
     */
    public static OverridePolicy of(String policy, Set<String> allowlist) {
        String alias = policy.startsWith(PACKAGE) ? policy.substring(PACKAGE.length()) : policy;
        alias = alias.endsWith(SUFFIX) ? alias.substring(0, alias.length() - SUFFIX.length()) : alias;
        return switch (alias) {
            case "All" -> new OverridePolicy(alias, _ -> true);
            case "None" -> new OverridePolicy(alias, _ -> false);
            case "Principal" -> new OverridePolicy(alias, PRINCIPAL::contains);
            case "Allowlist" -> new OverridePolicy(alias, Set.copyOf(allowlist)::contains);
            default -> throw new ConfigException(KEY, policy, "policies of one's own are not loaded; use All, None, Principal or Allowlist");
        };
    }

    /**
     * @param setting with its prefix
     * @return whether it is one of a client's that the policy does not allow
     */
    boolean refuses(String setting) {
        for (String prefix : new String[] {PRODUCER, CONSUMER, ADMIN}) {
            if (setting.startsWith(prefix)) {
                return !allowed.test(setting.substring(prefix.length()));
            }
        }
        return false;
    }

    /** Why, in Kafka Connect's words. */
    String refusal(String setting) {
        return "The '" + name + "' policy does not allow '" + setting.substring(setting.indexOf('.', setting.indexOf('.') + 1) + 1)
                + "' to be overridden in the connector configuration.";
    }

    /** @throws ConfigException naming what the policy does not allow */
    public void check(Map<String, String> config) {
        List<String> refused = new ArrayList<>();
        config.keySet().stream().filter(this::refuses).sorted().forEach(refused::add);
        if (!refused.isEmpty()) {
            throw new ConfigException("Client Config Overrides not allowed " + refused + ": " + refusal(refused.getFirst())
                    + " Remove them, or have this node's " + KEY + " changed");
        }
    }
}
