package io.millrace.broker.config;

import io.millrace.broker.config.ConfigKey.Type;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;

/** The properties of subscriptions to clients' metrics (KIP-714). */
public final class ClientMetricsKeys {

    private static final Set<String> MATCHED = Set.of("client_instance_id", "client_id", "client_software_name", "client_software_version",
            "client_source_address", "client_source_port");
    private static final long SHORTEST_INTERVAL = 100;
    private static final long LONGEST_INTERVAL = 3_600_000;

    private static final Map<String, ConfigKey> KEYS = new TreeMap<>(Map.of(
            "interval.ms", ConfigKey.of("interval.ms", Type.INT, "300000", Allowed.any(), "How often clients send their metrics, in milliseconds"),
            "match", ConfigKey.of("match", Type.LIST, "", Allowed.any(), "Which clients: a list of PROPERTY=REGEX, with the properties "
                    + String.join(", ", MATCHED.stream().sorted().toList()) + "; all clients if empty"),
            "metrics", ConfigKey.of("metrics", Type.LIST, "", Allowed.any(), "Prefixes of the metrics' names; * for all, none if empty")));

    private ClientMetricsKeys() {
    }

    /** By name. */
    public static Collection<ConfigKey> all() {
        return Collections.unmodifiableCollection(KEYS.values());
    }

    /** @throws InvalidRequestException if there is none, as Kafka says it */
    public static ConfigKey get(String name) {
        ConfigKey key = KEYS.get(name);
        if (key == null) {
            throw new InvalidRequestException("Unknown client metrics configuration: " + name + NearestName.hint(name, KEYS.keySet()));
        }
        return key;
    }

    /**
     * @param set all the subscription's properties
     * @throws InvalidRequestException       for an interval out of range
     * @throws InvalidConfigurationException for a match that is none
     */
    public static void checkTogether(Map<String, String> set) {
        long interval = Long.parseLong(set.getOrDefault("interval.ms", "300000"));
        if (interval < SHORTEST_INTERVAL || interval > LONGEST_INTERVAL) {
            throw new InvalidRequestException("Invalid value " + interval + " for interval.ms: it must be " + SHORTEST_INTERVAL + " to " + LONGEST_INTERVAL
                    + " milliseconds");
        }
        for (String match : ConfigKey.elements(set.getOrDefault("match", ""))) {
            int equals = match.indexOf('=');
            if (equals < 0 || !MATCHED.contains(match.substring(0, equals).strip()) || !isPattern(match.substring(equals + 1).strip())) {
                throw new InvalidConfigurationException("Illegal client matching pattern: " + match + "; write PROPERTY=REGEX with one of "
                        + String.join(", ", MATCHED.stream().sorted().toList()));
            }
        }
    }

    private static boolean isPattern(String text) {
        try {
            Pattern.compile(text);
            return true;
        } catch (PatternSyntaxException _) {
            return false;
        }
    }
}
