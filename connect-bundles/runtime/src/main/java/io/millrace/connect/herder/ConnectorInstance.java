package io.millrace.connect.herder;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.source.StoredOffsets;
import io.millrace.connect.task.PluginMeters;
import io.millrace.connect.task.TaskSetup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connector's object from its start to its stop, and what it says its tasks are to be. Every call into it has a limit. */
final class ConnectorInstance {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectorInstance.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private final Node node;
    private final Catalog.Entry entry;
    private final ConnectorConfig config;
    private final Connector connector;
    private final PluginMeters meters;
    private final AbandonableCalls calls;

    private ConnectorInstance(Node node, Catalog.Entry entry, ConnectorConfig config, Connector connector, PluginMeters meters, AbandonableCalls calls) {
        this.node = node;
        this.entry = entry;
        this.config = config;
        this.connector = connector;
        this.meters = meters;
        this.calls = calls;
    }

    /**
     * Makes, initialises and starts it.
     *
     * @param back where it calls the runtime
     */
    static ConnectorInstance start(Node node, Catalog.Entry entry, ConnectorConfig config, AbandonableCalls calls, ConnectorContexts.Calls back)
            throws InterruptedException {
        PluginMeters meters = new PluginMeters(Map.of("connector", config.name()));
        Connector connector = null;
        AtomicBoolean wanted = new AtomicBoolean(true);
        try {
            connector = calls.call("start-" + config.name(), entry.provided().loader(), () -> {
                Connector made = entry.provided().instantiate(Connector.class);
                made.initialize(entry.kind() == Kind.SINK ? ConnectorContexts.sink(back, meters.metrics())
                        : ConnectorContexts.source(back, meters.metrics(), new StoredOffsets(node.offsets(), config.name())));
                made.start(config.values());
                if (!wanted.get()) {
                    made.stop();
                }
                return made;
            });
            return new ConnectorInstance(node, entry, config, connector, meters, calls);
        } finally {
            wanted.set(connector != null);
            if (connector == null) {
                meters.close();
            }
        }
    }

    Catalog.Entry entry() {
        return entry;
    }

    ConnectorConfig config() {
        return config;
    }

    boolean isSink() {
        return entry.kind() == Kind.SINK;
    }

    private <T> T call(String what, Callable<T> code) throws InterruptedException {
        return calls.call(what + "-" + config.name(), entry.provided().loader(), code);
    }

    Class<?> taskClass() throws InterruptedException {
        return call("task-class", () -> connector.taskClass());
    }

    List<Map<String, String>> taskConfigs() throws InterruptedException {
        int max = config.tasksMax();
        List<Map<String, String>> made = call("task-configs", () -> {
            List<Map<String, String>> configs = connector.taskConfigs(max);
            if (configs == null) {
                throw new ConnectException(entry.provided().className() + ".taskConfigs() returns null");
            }
            List<Map<String, String>> copies = new ArrayList<>();
            for (Map<String, String> each : configs) {
                Map<String, String> copy = new HashMap<>(each);
                copy.put("task.class", connector.taskClass().getName());
                for (String key : List.of(ConnectorConfig.TOPICS, ConnectorConfig.TOPICS_REGEX)) {
                    if (isSink() && config.values().get(key) != null) {
                        copy.put(key, config.values().get(key));
                    }
                }
                copies.add(copy);
            }
            return copies;
        });
        if (made.size() > max && config.flag("tasks.max.enforce")) {
            throw new ConnectException("connector " + config.name() + " makes " + made.size() + " tasks, but tasks.max is " + max
                    + "; raise it, or set tasks.max.enforce to false");
        }
        return made;
    }

    /** @throws ConnectException if it is to deliver in a way that it cannot */
    TaskSetup.TaskOptions taskOptions() throws InterruptedException {
        // The policy may have changed since the configuration was checked.
        node.settings().rules().overrides().check(config.values());
        boolean marks = false;
        if (connector instanceof SourceConnector source) {
            checkElsewhere();
            if (config.requiresExactlyOnce()) {
                checkExactlyOnce(call("support", () -> source.exactlyOnceSupport(config.values())));
            }
            marks = config.transactionBoundary().equals("connector");
            if (marks && call("boundaries", () -> source.canDefineTransactionBoundaries(config.values())) != ConnectorTransactionBoundaries.SUPPORTED) {
                throw new ConnectException("connector " + config.name() + " cannot define its own transaction boundaries with this configuration; "
                        + "set transaction.boundary to poll");
            }
        }
        return new TaskSetup.TaskOptions(node.settings().exactlyOnceSource() && !config.writesElsewhere(), marks, node.settings().flushIntervalMs(),
                node.settings().queued());
    }

    private void checkExactlyOnce(ExactlyOnceSupport support) {
        if (support != ExactlyOnceSupport.SUPPORTED || !node.settings().exactlyOnceSource()) {
            throw new ConnectException("connector " + config.name() + " requires exactly-once delivery, but " + (support == ExactlyOnceSupport.SUPPORTED
                    ? "exactly.once.source.support is not enabled on this node" : "its class does not say that it supports it: " + support)
                    + "; set exactly.once.support to requested");
        }
    }

    private void checkElsewhere() {
        if (!config.writesElsewhere()) {
            return;
        }
        String there = "connector " + config.name() + " writes to another cluster (producer.override.bootstrap.servers)";
        if (config.requiresExactlyOnce()) {
            throw new ConnectException(there + ", which cannot be in one transaction with the offsets kept here; set exactly.once.support to requested");
        }
        if (!config.withPrefix("topic.creation.").isEmpty() && config.withPrefix("admin.override.").get("bootstrap.servers") == null) {
            throw new ConnectException(there + ", where this node creates no topics; set admin.override.bootstrap.servers too, or create them there and "
                    + "leave topic.creation.* out");
        }
    }

    /** What fails in it is logged. */
    void stop() throws InterruptedException {
        try {
            Isolated.call("stop-" + config.name(), entry.provided().loader(), STOP_LIMIT, () -> {
                connector.stop();
                return null;
            });
        } catch (RuntimeException e) {
            LOG.warn("connector {}: stop failed: {}", config.name(), e.toString());
        } finally {
            meters.close();
        }
    }
}
