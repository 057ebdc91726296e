package io.millrace.connect;

import io.millrace.api.broker.Broker;
import io.millrace.api.config.NodeConfig;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.http.HttpResource;
import io.millrace.api.log.LocalLogs;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.plugin.PluginHost;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.client.ClientDefaults;
import io.millrace.connect.client.KafkaClients;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.NodeDefaults;
import io.millrace.connect.config.OverridePolicy;
import io.millrace.connect.config.Validation;
import io.millrace.connect.config.Variables;
import io.millrace.connect.herder.ConnectMeters;
import io.millrace.connect.herder.ConnectPlugins;
import io.millrace.connect.herder.ConnectorFile;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.Node;
import io.millrace.connect.rest.ConnectRest;
import io.millrace.connect.rest.Doorkeeper;
import io.millrace.connect.source.FormerTransactions;
import io.millrace.connect.store.ConnectorConfigs;
import io.millrace.connect.store.SourceOffsets;
import io.millrace.connect.store.StatusTopic;
import io.millrace.connect.task.ByteBudget;
import java.lang.management.PlatformLoggingMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigException;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connect runtime over one broker: opens its topics in the background, then offers its services; closes everything in turn. */
final class ConnectRuntime implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectRuntime.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private static final int SHARE_OF_HEAP = 8;
    private static final String EXACTLY_ONCE = "exactly.once.source.support";
    /** Of {@code producer.}. */
    private static final Set<String> BROKERS = Set.of("id.expiration.ms", "id.expiration.check.interval.ms", "purgatory.purge.interval.requests");

    private final BundleContext context;
    private final NodeConfig config;
    private final Broker broker;
    private final List<ServiceRegistration<?>> services = new ArrayList<>();
    private final Thread opening = Thread.ofVirtual().name("connect-opens").unstarted(this::open);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Doorkeeper doorkeeper = new Doorkeeper();
    private Admin admin;
    private SourceOffsets offsets;
    private StatusTopic statuses;
    private Herder herder;
    private boolean closed;

    ConnectRuntime(BundleContext context, NodeConfig config, Broker broker) {
        this.context = context;
        this.config = config;
        this.broker = broker;
    }

    void start() {
        services.add(context.registerService(new String[] {HttpResource.class.getName(), HealthCheck.class.getName()}, doorkeeper, null));
        opening.start();
    }

    /** Until it succeeds: what fails, such as a topic on a full disk, can be mended while everything else runs. */
    private void open() {
        try {
            for (Duration pause = FIRST_PAUSE; !tryToOpen(pause); pause = longer(pause)) {
                if (closing.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }

    private boolean tryToOpen(Duration pause) throws InterruptedException {
        try {
            KafkaClients clients = new KafkaClients(broker.bootstrapServers(),
                    new ClientDefaults(family("producer."), family("consumer."), family("admin.")));
            OverridePolicy policy = OverridePolicy.of(config.get(OverridePolicy.KEY), Set.copyOf(list(OverridePolicy.ALLOWLIST_KEY)));
            admin = clients.admin("connect-admin");
            offsets = new SourceOffsets(clients, admin, localLogs());
            statuses = new StatusTopic(clients, admin, workerId());
            ConnectorConfigs configs = new ConnectorConfigs(clients, admin);
            Catalog catalog = new Catalog();
            Duration callLimit = Duration.ofMillis(config.getLong("connect.plugin.call.timeout.ms"));
            Variables variables = Variables.of(config.etc(), System::getenv, list("config.providers"), config.family("config.providers."), catalog, callLimit);
            Node node = new Node(clients, admin, offsets, statuses, catalog, variables,
                    new Node.Settings(new Validation.Rules(policy, exactlyOnce(), defaults()), config.getLong("offset.flush.interval.ms"),
                            config.getInt("connect.restart.attempts"), config.getLong("connect.restart.backoff.ms"),
                            callLimit, Duration.ofMillis(config.getLong("task.shutdown.graceful.timeout.ms")), queued()), workerId());
            FormerTransactions.end(admin, configs.all().keySet());
            herder = new Herder(node, configs);
            herder.start(ConnectorFile.readAll(config.etc().resolve("connectors")));
            unlessClosed(() -> services.add(context.registerService(PluginHost.class, new ConnectPlugins(herder,
                    Duration.ofMillis(config.getLong("connect.update.watch.ms"))), null)));
            unlessClosed(() -> services.add(context.registerService(HealthCheck.class, herder.health(), null)));
            unlessClosed(() -> services.add(context.registerService(MeterSource.class, new ConnectMeters(herder), null)));
            doorkeeper.open(new ConnectRest(herder, broker.clusterId(), this::logLevels));
            LOG.info("connect runtime ready, {} connector(s)", herder.names().size());
            return true;
        } catch (ConfigException e) {
            LOG.error("the connect runtime does not start, connectors do not run; correct the node's configuration and start it again: {}", e.getMessage());
            doorkeeper.delayed("the connect runtime does not start: " + e.getMessage() + "; correct the node's configuration and start it again");
            closeParts();
            return true;
        } catch (RuntimeException | LinkageError e) {
            if (closing.getCount() == 0) {
                LOG.debug("the connect runtime is closed before it was open", e);
                return true;
            }
            LOG.error("the connect runtime cannot start, connectors do not run; the next attempt is in {} s", pause.toSeconds(), e);
            doorkeeper.delayed("the connect runtime cannot start (" + e.getMessage() + "); it is tried again");
            closeHerder();
            closeParts();
            return false;
        }
    }

    private boolean exactlyOnce() {
        String support = config.get(EXACTLY_ONCE).toLowerCase(Locale.ROOT);
        return switch (support) {
            case "enabled" -> true;
            case "disabled", "preparing" -> false;
            default -> throw new ConfigException(EXACTLY_ONCE, support, "use enabled or disabled");
        };
    }

    private NodeDefaults defaults() {
        Map<String, String> converters = new HashMap<>();
        for (String key : List.of(ConnectorConfig.KEY_CONVERTER, ConnectorConfig.VALUE_CONVERTER, ConnectorConfig.HEADER_CONVERTER)) {
            config.family(key + ".").forEach((rest, value) -> converters.put(key + "." + rest, value));
            if (!config.get(key).isEmpty()) {
                converters.put(key, config.get(key));
            }
        }
        return new NodeDefaults(converters, config.getBoolean("topic.creation.enable"));
    }

    private List<String> list(String key) {
        return Stream.of(config.get(key).split(",")).map(String::strip).filter(entry -> !entry.isEmpty()).distinct().toList();
    }

    private ByteBudget queued() {
        long bytes = config.getLong("connect.source.queue.bytes");
        return new ByteBudget(bytes < 0 ? Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP : bytes);
    }

    /** Without the keys that the broker has with the same beginning. */
    private Map<String, String> family(String prefix) {
        Map<String, String> family = config.family(prefix);
        family.keySet().removeAll(BROKERS);
        return family;
    }

    /** The broker offers them before it offers itself. */
    private LocalLogs localLogs() {
        ServiceReference<LocalLogs> logs = context.getServiceReference(LocalLogs.class);
        if (logs == null) {
            throw new IllegalStateException("the broker offers no access to its logs in this process");
        }
        return context.getService(logs);
    }

    private PlatformLoggingMXBean logLevels() {
        ServiceReference<PlatformLoggingMXBean> levels = context.getServiceReference(PlatformLoggingMXBean.class);
        return levels == null ? null : context.getService(levels);
    }

    private synchronized void unlessClosed(BooleanSupplier step) {
        if (!closed) {
            step.getAsBoolean();
        }
    }

    private String workerId() {
        String listen = context.getProperty(NodeConfig.KEY_PREFIX + "http.listen");
        return listen == null ? "127.0.0.1:8083" : listen;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        try {
            closing.countDown();
            opening.interrupt();
            opening.join(CLOSE_LIMIT);
            // The HTTP resource and the plugin host go first: nobody may start what is being stopped.
            services.reversed().forEach(ConnectRuntime::unregister);
            closeHerder();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeParts();
        }
    }

    private void closeHerder() throws InterruptedException {
        if (herder != null) {
            herder.close();
            herder = null;
        }
    }

    private void closeParts() {
        if (statuses != null) {
            statuses.close();
            statuses = null;
        }
        if (offsets != null) {
            offsets.close();
            offsets = null;
        }
        if (admin != null) {
            admin.close(CLOSE_LIMIT);
            admin = null;
        }
    }

    private static void unregister(ServiceRegistration<?> service) {
        try {
            service.unregister();
        } catch (IllegalStateException e) {
            LOG.debug("already unregistered", e);
        }
    }
}
