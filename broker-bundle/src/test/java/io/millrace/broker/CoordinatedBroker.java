package io.millrace.broker;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.handler.Handlers;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.network.ConnectionLimits;
import io.millrace.broker.network.Listener;
import io.millrace.broker.network.NetworkMemory;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.quota.Quotas;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;

/** A broker put together from its parts, with coordinators whose times suit a test. */
final class CoordinatedBroker implements AutoCloseable {

    final Listener listener;
    final Handlers handlers;
    final Coordinators coordinators;
    final ClusterMetadata metadata;
    private final LogStore store;

    CoordinatedBroker(Path folder, int port, Map<String, String> changed) throws IOException {
        Map<String, String> given = new HashMap<>(changed);
        Map<String, String> values = BrokerConfig.with(folder, given).values();
        Files.createDirectories(folder.resolve("logs"));
        listener = Listener.bind(new InetSocketAddress("127.0.0.1", port), new ConnectionLimits(100 << 20, 600_000, 60_000, 64),
                new NetworkMemory(-1, Runtime.getRuntime().maxMemory()));
        NodeSettings settings = NodeSettings.of(given);
        LogStoreConfig usual = LogStoreConfig.standard();
        store = LogStore.open(folder.resolve("logs"),
                new LogStoreConfig(settings.topicDefaults(), usual.retentionCheck(), usual.checkpointInterval(), Duration.ofDays(1)), Clock.systemUTC());
        Node self = new Node(1, "127.0.0.1", listener.address().getPort());
        metadata = ClusterMetadata.open("AAAAAAAAAAAAAAAAAAAAAA", self, folder.resolve("metadata"), store, settings);
        coordinators = Coordinators.start(metadata, self, Clock.systemUTC(), CoordinatorSettings.of(values));
        handlers = Handlers.of(metadata, values, coordinators.transactions(), coordinators.handlers());
        listener.accept(handlers, new Quotas(() -> metadata.image().quotas(), new QuotaWindows(11, 1)));
    }

    String bootstrap() {
        return "127.0.0.1:" + listener.address().getPort();
    }

    Map<String, Object> client(String... settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap()));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return all;
    }

    @Override
    public void close() throws Exception {
        listener.stopAccepting();
        handlers.stopWaiting();
        coordinators.close();
        listener.close();
        for (AutoCloseable part : List.of(metadata, store)) {
            part.close();
        }
    }

    /** For trying other clients by hand: folder and port. */
    static void main(String[] arguments) throws Exception {
        CoordinatedBroker broker = new CoordinatedBroker(Path.of(arguments[0]), Integer.parseInt(arguments[1]), Map.of());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                broker.close();
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        }));
        Thread.currentThread().join();
    }
}
