package io.millrace.broker;

import io.millrace.api.broker.Broker;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.log.LocalLogs;
import io.millrace.api.metrics.MeterSource;
import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.handler.Handlers;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.clean.LogCleaner;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.network.Listener;
import io.millrace.broker.quota.Quotas;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.Node;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One running broker. Needs no OSGi. */
public final class BrokerServer implements Broker, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BrokerServer.class);
    /** How long requests under way may take to be answered when the broker stops. */
    private static final Duration DRAIN = Duration.ofMillis(700);

    private final ClusterMetadata metadata;
    private final LogStore store;
    private final Listener listener;
    private final Handlers handlers;
    private final Coordinators coordinators;
    private final LogCleaner cleaner;
    private final MeterSource meters;
    private final Deque<AutoCloseable> parts;

    private BrokerServer(ClusterMetadata metadata, LogStore store, Listener listener, Handlers handlers, Coordinators coordinators, LogCleaner cleaner,
            MeterSource meters, Deque<AutoCloseable> parts) {
        this.metadata = metadata;
        this.store = store;
        this.listener = listener;
        this.handlers = handlers;
        this.coordinators = coordinators;
        this.cleaner = cleaner;
        this.meters = meters;
        this.parts = parts;
    }

    /**
     * Recovers the data and accepts clients on return.
     *
     * @throws IllegalStateException if that is not possible, in one line that names the thing and the mend; nothing is left open
     */
    public static BrokerServer start(BrokerConfig config) {
        long began = System.nanoTime();
        Clock clock = Clock.systemUTC();
        Deque<AutoCloseable> parts = new ArrayDeque<>();
        try {
            InetSocketAddress listen = config.listen();
            DataFolder folder = opened(parts, DataFolder.open(config.data(), config.nodeId()));
            Listener listener = opened(parts, Listener.bind(listen, config.limits(), config.memory()));
            NodeSettings settings = config.settings();
            CleanerSettings.of(settings);
            LogStore store = opened(parts, LogStore.open(config.logDirs(folder), config.logs(settings), clock));
            InetSocketAddress address = config.advertised(listener.address());
            Node self = new Node(config.nodeId(), address.getHostString(), address.getPort());
            ClusterMetadata metadata = opened(parts, ClusterMetadata.open(folder.clusterId(), self, folder.metadataJournal(), store, settings));
            metadata.follow(now -> store.producerExpiration(now.number("producer.id.expiration.ms")));
            metadata.follow(now -> store.moveRate(now.number("replica.alter.log.dirs.io.max.bytes.per.second")));
            metadata.follow(new CordonedDirs(store));
            metadata.follow(new ConnectionSettings(listener));
            Coordinators coordinators = opened(parts, Coordinators.start(metadata, self, clock, CoordinatorSettings.of(config.values())));
            metadata.follow(now -> coordinators.verifyPartitions(Boolean.parseBoolean(now.value("transaction.partition.verification.enable"))));
            Handlers handlers = Handlers.of(metadata, config.values(), coordinators.transactions(), coordinators.handlers());
            Quotas quotas = new Quotas(() -> metadata.image().quotas(), config.quotaWindows());
            listener.accept(handlers, quotas);
            // Now that each log knows its topic's properties.
            LogCleaner cleaner = config.getBoolean("log.cleaner.enable") ? opened(parts, LogCleaner.start(store.compactedLogs(), CleanerSettings.of(metadata.settings()), clock))
                    : null;
            metadata.follow(new CleanerSettings(Optional.ofNullable(cleaner)));
            LOG.info("node {} of cluster {} listens on {}:{}; {} topics, ready after {} ms", self.id(), metadata.clusterId(), self.host(), self.port(),
                    metadata.image().topics().size(), (System.nanoTime() - began) / 1_000_000);
            MeterSource meters = new BrokerMeters(metadata, store, handlers, listener, quotas, coordinators, Optional.ofNullable(cleaner));
            return new BrokerServer(metadata, store, listener, handlers, coordinators, cleaner, meters, parts);
        } catch (RuntimeException failed) {
            closeAll(parts);
            throw failed instanceof IllegalStateException ? failed : new IllegalStateException("the broker cannot start: " + failed.getMessage(), failed);
        }
    }

    private static <P extends AutoCloseable> P opened(Deque<AutoCloseable> parts, P part) {
        parts.push(part);
        return part;
    }

    @Override
    public String bootstrapServers() {
        return metadata.self().host() + ":" + metadata.self().port();
    }

    @Override
    public String clusterId() {
        return metadata.clusterId();
    }

    @Override
    public int nodeId() {
        return metadata.self().id();
    }

    public LocalLogs localLogs() {
        return new LocalPartitions(metadata);
    }

    public MeterSource meters() {
        return meters;
    }

    /** What keeps it from serving as it should, such as a full disk. */
    public HealthCheck health() {
        HealthCheck logs = new LogHealth(store);
        HealthCheck cleaning = cleaner == null ? List::of : new CleanerHealth(cleaner);
        return () -> Stream.of(logs, cleaning).flatMap(check -> check.findings().stream()).toList();
    }

    /** Absent if {@code log.cleaner.enable=false}. */
    Optional<LogCleaner> cleaner() {
        return Optional.ofNullable(cleaner);
    }

    /** Accepts nothing more, answers what is under way, and leaves the logs as a clean stop does. */
    @Override
    public void close() {
        listener.stopAccepting();
        handlers.stopWaiting();
        if (!listener.awaitDrained(DRAIN)) {
            // What still waits, waits for other clients, in groups: its coordinator tells it to look elsewhere.
            parts.remove(coordinators);
            coordinators.close();
            if (!listener.awaitDrained(DRAIN)) {
                LOG.debug("{} connections are closed with requests unanswered", listener.connections());
            }
        }
        listener.close();
        closeAll(parts);
        LOG.info("node {} stopped", nodeId());
    }

    /** In the reverse order of opening. */
    private static void closeAll(Deque<AutoCloseable> parts) {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception failed) {
                LOG.error("{} did not close cleanly", part, failed);
            }
        }
    }
}
