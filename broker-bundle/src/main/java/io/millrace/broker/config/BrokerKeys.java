package io.millrace.broker.config;

import io.millrace.broker.config.ConfigKey.Type;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;

/** The keys of a node, as {@code MILLRACE-INF/config-keys.properties} declares them. */
public final class BrokerKeys {

    private static final String DECLARED = "/MILLRACE-INF/config-keys.properties";

    /** Those that running parts follow at once; each has someone in {@code BrokerServer} who applies it. Topics' defaults come on top. */
    private static final Set<String> FOLLOWED = Set.of("max.connections", "max.connections.per.ip", "max.connections.per.ip.overrides",
            "max.connection.creation.rate", "listener.name.plaintext.max.connections", "listener.name.plaintext.max.connection.creation.rate",
            "producer.id.expiration.ms", "log.cleaner.threads", "log.cleaner.backoff.ms", "log.cleaner.dedupe.buffer.size", "log.cleaner.io.buffer.load.factor",
            "log.cleaner.io.buffer.size", "log.cleaner.io.max.bytes.per.second", "transaction.partition.verification.enable",
            "replica.alter.log.dirs.io.max.bytes.per.second", "cordoned.log.dirs",
            // Tools set and remove them around a reassignment; with one node nothing is replicated that they would slow down.
            "leader.replication.throttled.rate", "follower.replication.throttled.rate");

    /** Those of which a value for all nodes would mean nothing. */
    private static final Set<String> OF_ONE_NODE = Set.of("cordoned.log.dirs");

    /** Bounds of keys that are no topic's default. */
    private static final Map<String, Allowed> BOUNDS = Map.ofEntries(
            Map.entry("listener.name.plaintext.max.connections", Allowed.atLeast(1)),
            Map.entry("listener.name.plaintext.max.connection.creation.rate", Allowed.atLeast(0)),
            Map.entry("log.cleaner.backoff.ms", Allowed.atLeast(0)),
            Map.entry("log.cleaner.dedupe.buffer.size", Allowed.atLeast(1)),
            Map.entry("log.cleaner.io.buffer.size", Allowed.between(1, Integer.MAX_VALUE)),
            Map.entry("log.cleaner.threads", Allowed.between(1, 1_000)),
            Map.entry("log.retention.check.interval.ms", Allowed.atLeast(1)),
            Map.entry("log.roll.hours", Allowed.atLeast(1)),
            Map.entry("log.roll.jitter.hours", Allowed.atLeast(0)),
            Map.entry("max.connections", Allowed.atLeast(1)),
            Map.entry("max.connections.per.ip", Allowed.atLeast(0)),
            Map.entry("max.connections.per.ip.overrides", new Allowed.ConnectionCounts()),
            Map.entry("max.connection.creation.rate", Allowed.atLeast(0)),
            Map.entry("num.partitions", Allowed.between(1, 10_000)),
            Map.entry("producer.id.expiration.ms", Allowed.atLeast(1)),
            Map.entry("leader.replication.throttled.rate", Allowed.atLeast(0)),
            Map.entry("follower.replication.throttled.rate", Allowed.atLeast(0)),
            Map.entry("replica.alter.log.dirs.io.max.bytes.per.second", Allowed.atLeast(1)));

    private static final Map<String, ConfigKey> KEYS = load();

    private BrokerKeys() {
    }

    private static Map<String, ConfigKey> load() {
        Properties declared = new Properties();
        try (InputStream file = BrokerKeys.class.getResourceAsStream(DECLARED)) {
            declared.load(file);
        } catch (IOException damaged) {
            throw new UncheckedIOException("cannot read " + DECLARED + " of the broker bundle", damaged);
        }
        Map<String, ConfigKey> keys = new TreeMap<>();
        for (String name : declared.stringPropertyNames()) {
            String[] parts = declared.getProperty(name).split("\\|", 3);
            ConfigKey property = TopicKeys.ofNodeKey(name);
            Type type = property != null ? property.type() : type(parts[0].strip());
            Allowed allowed = property != null ? property.allowed() : BOUNDS.getOrDefault(name, Allowed.any());
            String usual = parts[1].strip();
            boolean number = type == Type.INT || type == Type.LONG || type == Type.DOUBLE;
            keys.put(name, ConfigKey.of(name, type, usual.isEmpty() && number ? null : usual, allowed, parts[2].strip()));
        }
        return keys;
    }

    private static Type type(String declared) {
        return switch (declared) {
            case "int" -> Type.INT;
            case "long" -> Type.LONG;
            case "double" -> Type.DOUBLE;
            case "boolean" -> Type.BOOLEAN;
            case "list" -> Type.LIST;
            case "password" -> Type.PASSWORD;
            default -> Type.STRING;
        };
    }

    /** By name. */
    public static Collection<ConfigKey> all() {
        return Collections.unmodifiableCollection(KEYS.values());
    }

    public static boolean exists(String name) {
        return KEYS.containsKey(name);
    }

    /** @throws InvalidConfigurationException if there is none */
    public static ConfigKey get(String name) {
        ConfigKey key = KEYS.get(name);
        if (key == null) {
            throw new InvalidConfigurationException(ForeignKeys.reason(name).map(reason -> name + " is not used by this node: " + reason)
                    .orElseGet(() -> "Unknown broker config name: " + name + NearestName.hint(name, KEYS.keySet())));
        }
        return key;
    }

    /** Whether it can change while the node runs. */
    public static boolean isDynamic(String name) {
        return FOLLOWED.contains(name) || KEYS.containsKey(name) && TopicKeys.ofNodeKey(name) != null;
    }

    /** Whether it can be set for a node only, and not for all of them. */
    public static boolean isOfOneNode(String name) {
        return OF_ONE_NODE.contains(name);
    }

    /**
     * @return the key
     * @throws InvalidConfigurationException if there is none
     * @throws InvalidRequestException       if it cannot change while the node runs
     */
    public static ConfigKey dynamic(String name) {
        ConfigKey key = get(name);
        if (!isDynamic(name)) {
            throw new InvalidRequestException(name + " is read-only, set it in millrace.properties and restart");
        }
        return key;
    }
}
