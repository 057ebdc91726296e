package io.millrace.broker;

import io.millrace.api.config.NodeConfig;
import io.millrace.broker.config.BrokerKeys;
import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.LogDirRegistry;
import io.millrace.broker.log.LogDirs;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.log.journal.Journal;
import io.millrace.broker.network.ConnectionLimits;
import io.millrace.broker.network.NetworkMemory;
import io.millrace.broker.quota.QuotaWindows;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The broker's configuration: a folder and the keys of {@code MILLRACE-INF/config-keys.properties}. Immutable.
 *
 * @param data   the broker's own data folder
 * @param values by key, every key present; empty where neither the user nor the declaration gives one
 * @param set    the keys that the user sets
 */
public record BrokerConfig(Path data, Map<String, String> values, Set<String> set) {

    public BrokerConfig {
        values = Map.copyOf(values);
        set = Set.copyOf(set);
    }

    static BrokerConfig of(NodeConfig node) {
        Map<String, String> values = declaredDefaults();
        Set<String> set = new HashSet<>(node.givenKeys());
        set.retainAll(values.keySet());
        values.replaceAll((key, _) -> node.get(key));
        return new BrokerConfig(node.data().resolve("broker"), values, set);
    }

    /** Defaults but for the given values. */
    public static BrokerConfig with(Path data, Map<String, String> changed) {
        Map<String, String> values = declaredDefaults();
        for (Map.Entry<String, String> change : changed.entrySet()) {
            if (values.replace(change.getKey(), change.getValue()) == null) {
                throw new IllegalArgumentException("unknown configuration key " + change.getKey() + "; known are " + values.keySet());
            }
        }
        return new BrokerConfig(data, values, changed.keySet());
    }

    private static Map<String, String> declaredDefaults() {
        Map<String, String> defaults = new TreeMap<>();
        BrokerKeys.all().forEach(key -> defaults.put(key.name(), key.defaultValue() == null ? "" : key.defaultValue()));
        return defaults;
    }

    /** @throws IllegalStateException for a value that a key cannot have */
    NodeSettings settings() {
        Map<String, String> fixed = new HashMap<>();
        set.forEach(key -> fixed.put(key, values.get(key)));
        return NodeSettings.of(fixed);
    }

    public String get(String key) {
        return values.get(key);
    }

    public int getInt(String key) {
        return (int) number(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    public long getLong(String key) {
        return number(key, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    public boolean getBoolean(String key) {
        return Boolean.parseBoolean(values.get(key));
    }

    private int getInt(String key, int min) {
        return (int) number(key, min, Integer.MAX_VALUE);
    }

    private long number(String key, long min, long max) {
        long value;
        try {
            value = Long.parseLong(values.get(key));
        } catch (NumberFormatException _) {
            throw new IllegalStateException(key + "=" + values.get(key) + " is no number; correct it in millrace.properties");
        }
        if (value < min || value > max) {
            throw new IllegalStateException(key + "=" + value + " is out of range, which is " + min + " to " + max + "; correct it in millrace.properties");
        }
        return value;
    }

    InetSocketAddress listen() {
        InetSocketAddress address = address("listen", new InetSocketAddress("127.0.0.1", 9092));
        if (address.isUnresolved()) {
            throw new IllegalStateException("listen=" + get("listen") + ": there is no host " + address.getHostString() + "; use an address of this machine");
        }
        if (!address.getAddress().isLoopbackAddress() && !getBoolean("insecure.allow")) {
            throw new IllegalStateException("listen=" + get("listen") + " lets other machines in without encryption and authentication;"
                    + " use a loopback address such as 127.0.0.1:9092, or set insecure.allow=true if the network is trusted");
        }
        return address;
    }

    /** @param bound what was listened on, with the real port */
    InetSocketAddress advertised(InetSocketAddress bound) {
        if (!get("advertised.listen").isEmpty()) {
            return address("advertised.listen", bound);
        }
        return InetSocketAddress.createUnresolved(bound.getAddress().isAnyLocalAddress() ? hostName() : listenHost(), bound.getPort());
    }

    private String listenHost() {
        return listen().getHostString();
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (IOException _) {
            return "localhost";
        }
    }

    private InetSocketAddress address(String key, InetSocketAddress example) {
        String text = get(key);
        int colon = text.lastIndexOf(':');
        try {
            String host = text.substring(0, colon).replaceAll("^\\[(.*)]$", "$1");
            int port = Integer.parseInt(text.substring(colon + 1));
            if (!host.isEmpty()) {
                return key.equals("listen") ? new InetSocketAddress(host, port) : InetSocketAddress.createUnresolved(host, port);
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException _) {
            // Told below.
        }
        throw new IllegalStateException(key + "=" + text + " is no address; write HOST:PORT such as " + example.getHostString() + ":9092");
    }

    ConnectionLimits limits() {
        return new ConnectionLimits(getInt("socket.request.max.bytes", 1024), getLong("connections.max.idle.ms"),
                getLong("request.receive.timeout.ms"), getInt("max.in.flight.requests", 1));
    }

    NetworkMemory memory() {
        return new NetworkMemory(getLong("queued.max.request.bytes"), Runtime.getRuntime().maxMemory());
    }

    QuotaWindows quotaWindows() {
        // The other pair is read with the handlers, and checked here.
        getInt("controller.quota.window.num", 2);
        getInt("controller.quota.window.size.seconds", 1);
        return new QuotaWindows(getInt("quota.window.num", 2), getInt("quota.window.size.seconds", 1));
    }

    LogStoreConfig logs(NodeSettings settings) {
        LogStoreConfig usual = LogStoreConfig.standard();
        return new LogStoreConfig(settings.topicDefaults(), Duration.ofMillis(settings.number("log.retention.check.interval.ms")), usual.checkpointInterval(),
                Duration.ofMillis(getInt("producer.id.expiration.ms", 1)), number("disk.reserve.bytes", 0, Long.MAX_VALUE),
                journalBytes());
    }

    private long journalBytes() {
        long bytes = number("log.journal.bytes", 0, 1L << 40);
        if (bytes > 0 && bytes < Journal.LEAST_BYTES) {
            throw new IllegalStateException("log.journal.bytes=" + bytes + " must be 0, for none, or at least " + Journal.LEAST_BYTES);
        }
        return bytes;
    }

    /** @throws IllegalStateException for folders that cannot be meant */
    LogDirs logDirs(DataFolder data) {
        List<Path> folders = get("log.dirs").isBlank() ? List.of(data.logs().toAbsolutePath().normalize()) : CordonedDirs.paths("log.dirs", get("log.dirs"));
        return new LogDirs(folders, CordonedDirs.of(get(CordonedDirs.KEY), folders), LogDirRegistry.open(data.clusterId(), nodeId(), data.logDirRegistry().toAbsolutePath()),
                number("replica.alter.log.dirs.io.max.bytes.per.second", 1, Long.MAX_VALUE));
    }

    int nodeId() {
        return getInt("node.id", 0);
    }

    int defaultPartitions() {
        return getInt("num.partitions", 1);
    }
}
