package io.millrace.broker.config;

import io.millrace.broker.config.ConfigKey.Type;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/**
 * The properties of consumer, share and streams groups, by Kafka 4.4's names, defaults and bounds. A node's key of the same name with
 * {@code group.} before it gives the default, and those with {@code min.} and {@code max.} bound it, where the broker declares them.
 */
public final class GroupKeys {

    private static final Map<String, ConfigKey> KEYS = new TreeMap<>();
    private static final Map<String, Bounds> BOUNDS = new HashMap<>();
    private static final Map<String, String> NODE_KEYS = new HashMap<>();

    /** Bounds that operators set, beside the ones a value has by nature; with their defaults. */
    private record Bounds(String leastKey, long least, String mostKey, long most) {
    }

    static {
        interval("consumer.assignment.interval.ms", 1000, 0, 0, 15_000, "How many milliseconds at least lie between two assignments");
        interval("consumer.heartbeat.interval.ms", 5000, 1, 5000, 15_000, "How often members send a heartbeat, in milliseconds");
        interval("consumer.session.timeout.ms", 45_000, 1, 45_000, 60_000, "After how many milliseconds without a heartbeat a member is out");
        key("errors.deadletterqueue.copy.record.enable", Type.BOOLEAN, "false", Allowed.any(), "Whether the dead-letter topic gets the whole record");
        key("errors.deadletterqueue.topic.name", Type.STRING, "", Allowed.any(), "The topic for records that a share group could not deliver; none if empty");
        interval("share.assignment.interval.ms", 1000, 0, 0, 15_000, "How many milliseconds at least lie between two assignments");
        key("share.auto.offset.reset", Type.STRING, "latest", new Allowed.OffsetReset(), "Where a share group begins that has no offsets");
        interval("share.delivery.count.limit", 5, 2, 2, 10, "How often a record is delivered before it is given up");
        interval("share.heartbeat.interval.ms", 5000, 1, 5000, 15_000, "How often members send a heartbeat, in milliseconds");
        key("share.isolation.level", Type.STRING, "read_uncommitted", Allowed.oneOf("read_committed", "read_uncommitted"),
                "Whether a share group sees records of open and aborted transactions");
        interval("share.partition.max.record.locks", 2000, 100, 100, 4000, "How many records of a partition may be acquired at a time");
        interval("share.record.lock.duration.ms", 30_000, 1000, 15_000, 60_000, "For how many milliseconds a record is acquired");
        key("share.renew.acknowledge.enable", Type.BOOLEAN, "true", Allowed.any(), "Whether consumers may renew the time they have for a record");
        interval("share.session.timeout.ms", 45_000, 1, 45_000, 60_000, "After how many milliseconds without a heartbeat a member is out");
        interval("streams.assignment.interval.ms", 1000, 0, 0, 15_000, "How many milliseconds at least lie between two assignments");
        key("streams.assignor.name", Type.STRING, "sticky", Allowed.oneOf("sticky"), "How tasks are assigned");
        NODE_KEYS.put("streams.assignor.name", "group.streams.assignors");
        interval("streams.heartbeat.interval.ms", 5000, 1, 5000, 15_000, "How often members send a heartbeat, in milliseconds");
        key("streams.initial.rebalance.delay.ms", Type.INT, "3000", Allowed.atLeast(0), "How many milliseconds an empty group waits for more members");
        NODE_KEYS.put("streams.initial.rebalance.delay.ms", "group.streams.initial.rebalance.delay.ms");
        interval("streams.num.standby.replicas", 0, 0, 0, 2, "How many standby replicas every task has");
        key("streams.rack.aware.assignment.tags", Type.LIST, "", Allowed.any(), "Client tags that standby replicas are spread by");
        NODE_KEYS.put("streams.rack.aware.assignment.tags", "group.streams.rack.aware.assignment.tags");
        interval("streams.session.timeout.ms", 45_000, 1, 45_000, 60_000, "After how many milliseconds without a heartbeat a member is out");
    }

    private GroupKeys() {
    }

    private static void key(String name, Type type, String defaultValue, Allowed allowed, String documentation) {
        KEYS.put(name, ConfigKey.of(name, type, defaultValue, allowed, documentation));
    }

    private static void interval(String name, int usual, int nature, int least, int most, String documentation) {
        key(name, Type.INT, Integer.toString(usual), Allowed.atLeast(nature), documentation);
        int dot = name.indexOf('.');
        String kind = "group." + name.substring(0, dot);
        String what = name.substring(dot + 1);
        NODE_KEYS.put(name, kind + "." + what);
        BOUNDS.put(name, new Bounds(kind + ".min." + what, least, kind + ".max." + what.replace("num.", ""), most));
    }

    /** By name. */
    public static Collection<ConfigKey> all() {
        return Collections.unmodifiableCollection(KEYS.values());
    }

    /** @throws InvalidConfigurationException if there is none */
    public static ConfigKey get(String name) {
        ConfigKey key = KEYS.get(name);
        if (key == null) {
            throw new InvalidConfigurationException("Unknown group config name: " + name + NearestName.hint(name, KEYS.keySet()));
        }
        return key;
    }

    /** The node's key that gives the property's default, the property's own name if none does. */
    public static String nodeKey(String name) {
        return NODE_KEYS.getOrDefault(name, name);
    }

    /** The node's value for groups that do not say otherwise, and where it comes from. */
    public static List<NodeSettings.Level> levels(String name, NodeSettings node) {
        String key = nodeKey(name);
        if (BrokerKeys.exists(key)) {
            return node.levels(key);
        }
        return List.of(new NodeSettings.Level(key, KEYS.get(name).defaultValue(),
                ConfigSource.DEFAULT_CONFIG));
    }

    /** What is in force of a group's property. */
    public static String value(String name, Map<String, String> set, NodeSettings node) {
        String value = set.get(name);
        return value != null ? value : levels(name, node).getFirst().value();
    }

    /**
     * @param set all the group's properties, each checked by itself
     * @throws InvalidConfigurationException naming what does not fit and the bounds
     */
    public static void checkTogether(Map<String, String> set, NodeSettings node) {
        set.forEach((name, value) -> {
            Bounds bounds = BOUNDS.get(name);
            if (bounds != null) {
                long least = bound(bounds.leastKey(), bounds.least(), node);
                long most = bound(bounds.mostKey(), bounds.most(), node);
                long number = Long.parseLong(value);
                if (number < least || number > most) {
                    throw new InvalidConfigurationException("Invalid value " + value + " for configuration " + name + ": it must be " + least + " to " + most
                            + " (" + bounds.leastKey() + ", " + bounds.mostKey() + ")");
                }
            }
        });
        if (set.getOrDefault("errors.deadletterqueue.topic.name", "").startsWith("__")) {
            throw new InvalidConfigurationException("Invalid value " + set.get("errors.deadletterqueue.topic.name")
                    + " for configuration errors.deadletterqueue.topic.name: names that begin with __ are internal topics'");
        }
        for (String kind : List.of("consumer", "share", "streams")) {
            long heartbeat = Long.parseLong(value(kind + ".heartbeat.interval.ms", set, node));
            long session = Long.parseLong(value(kind + ".session.timeout.ms", set, node));
            if (heartbeat >= session) {
                throw new InvalidConfigurationException(kind + ".heartbeat.interval.ms (" + heartbeat + ") must be less than " + kind + ".session.timeout.ms ("
                        + session + ")");
            }
        }
    }

    private static long bound(String key, long usual, NodeSettings node) {
        return BrokerKeys.exists(key) ? node.number(key) : usual;
    }
}
