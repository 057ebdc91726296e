package io.millrace.connect.herder;

import io.millrace.api.health.HealthCheck;
import io.millrace.api.http.HttpError;
import io.millrace.api.plugin.Plugin;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.Validation;
import io.millrace.connect.store.ConnectorConfigs;
import io.millrace.connect.store.TargetState;
import io.millrace.connect.task.LastErrors;
import io.millrace.connect.task.TaskId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All connectors of this node: what is stored of them and what runs. Changes are durable before they take effect; a connector starts and
 * stops on a thread of its own, so no connector waits for another. Failures that are the caller's are {@link HttpError}s. Thread-safe.
 */
public final class Herder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Herder.class);

    private final Node node;
    private final ConnectorConfigs configs;
    private final Map<String, HostedConnector> connectors = new ConcurrentSkipListMap<>();
    /** Serialises changes of the set of connectors with their storage. */
    private final ReentrantLock changes = new ReentrantLock();
    private volatile boolean closed;

    public Herder(Node node, ConnectorConfigs configs) {
        this.node = node;
        this.configs = configs;
    }

    public Node node() {
        return node;
    }

    /** Takes the files' connectors over where a file changed, and starts everything that is stored. */
    public void start(Collection<ConnectorFile> files) throws InterruptedException {
        Map<String, ConnectorConfigs.Stored> stored = configs.all();
        for (ConnectorFile file : files) {
            ConnectorConfigs.Stored known = stored.get(file.name());
            if (known == null ? configs.fileDigest(file.name()).equals(file.digest()) : known.fileDigest().equals(file.digest())) {
                continue;
            }
            configs.putConfig(file.name(), file.config());
            configs.putTarget(file.name(), TargetState.STARTED);
            configs.putFileDigest(file.name(), file.digest());
            LOG.info("connector {} comes from {}", file.name(), file.path());
        }
        configs.all().forEach((name, entry) -> {
            HostedConnector connector = new HostedConnector(node, configs, name, entry.config(), entry.target());
            connectors.put(name, connector);
            inBackground("start-" + name, connector::startWaiting);
        });
    }

    // --- what is there

    public List<String> names() {
        return List.copyOf(connectors.keySet());
    }

    HostedConnector connector(String name) {
        HostedConnector connector = connectors.get(name);
        if (connector == null) {
            throw new HttpError(404, "Connector " + name + " not found");
        }
        return connector;
    }

    Collection<HostedConnector> all() {
        return connectors.values();
    }

    public Map<String, String> config(String name) {
        return connector(name).config();
    }

    public Map<TaskId, Map<String, String>> taskSettings(String name) {
        return connector(name).taskSettings();
    }

    public Set<String> topics(String name) {
        return connector(name).topics().all();
    }

    /** Of every task by its number, the latest last. */
    public Map<Integer, List<LastErrors.Entry>> lastErrors(String name) {
        Map<Integer, List<LastErrors.Entry>> all = new LinkedHashMap<>();
        for (TaskRunner task : connector(name).runners()) {
            all.put(task.status().id().task(), task.counters().lastErrors().all());
        }
        return all;
    }

    public void resetTopics(String name) {
        connector(name).topics().reset();
    }

    public ConnectorStatus status(String name) {
        return status(connector(name));
    }

    /** Empty if there is no such connector. */
    public Optional<ConnectorStatus> find(String name) {
        return Optional.ofNullable(connectors.get(name)).map(Herder::status);
    }

    private static ConnectorStatus status(HostedConnector connector) {
        return ConnectorStatus.of(connector, System.currentTimeMillis());
    }

    // --- changes

    /** @return whether it is new */
    public boolean put(String name, Map<String, String> config, TargetState initial, boolean mayExist) throws InterruptedException {
        Map<String, String> named = new LinkedHashMap<>(config);
        String other = named.putIfAbsent(ConnectorConfig.NAME, name);
        if (other != null && !other.equals(name)) {
            throw new HttpError(400, "Connector name configuration (" + other + ") doesn't match connector name in the URL (" + name + ")");
        }
        check(named);
        changes.lockInterruptibly();
        try {
            HostedConnector existing = connectors.get(name);
            if (existing != null && !mayExist) {
                throw new HttpError(409, "Connector " + name + " already exists");
            }
            configs.putConfig(name, named);
            if (existing != null) {
                existing.config(named);
                inBackground("reconfigure-" + name, existing::startAnew);
                return false;
            }
            configs.putTarget(name, initial);
            HostedConnector made = new HostedConnector(node, configs, name, named, initial);
            connectors.put(name, made);
            inBackground("start-" + name, made::start);
            return true;
        } finally {
            changes.unlock();
        }
    }

    /**
     * Makes a connector that begins at these offsets, as Kafka Connect's KIP-995 has it. If they are refused, there is no connector.
     *
     * @param offsets a list of {@code {partition, offset}}
     */
    public void putAt(String name, Map<String, String> config, TargetState initial, List<?> offsets) throws InterruptedException {
        put(name, config, TargetState.STOPPED, false);
        try {
            connector(name).target(TargetState.STOPPED);
            new Offsets(this).alter(name, offsets);
        } catch (RuntimeException e) {
            delete(name);
            throw e;
        }
        if (initial != TargetState.STOPPED) {
            target(name, initial);
        }
    }

    private void check(Map<String, String> config) throws InterruptedException {
        List<String> errors = validated(config, Validation.Result::errors);
        if (!errors.isEmpty()) {
            throw new HttpError(400, "Connector configuration is invalid and contains the following " + errors.size() + " error(s):\n"
                    + String.join("\n", errors) + "\nYou can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`");
        }
    }

    /** @param use what to take of the result; runs where the connector's code runs, and must not let go of its classes */
    public <T> T validated(Map<String, String> config, java.util.function.Function<Validation.Result, T> use) throws InterruptedException {
        return validated(node.catalog(), config, use);
    }

    <T> T validated(Catalog catalog, Map<String, String> config, java.util.function.Function<Validation.Result, T> use) throws InterruptedException {
        try {
            return Isolated.call("validate", getClass().getClassLoader(), node.settings().callLimit(),
                    () -> use.apply(new Validation(catalog, node.variables(), node.settings().rules()).validate(config)));
        } catch (ConnectException | ConfigException | Catalog.LookupException e) {
            throw new HttpError(400, Traces.brief(e));
        }
    }

    /** Merges; a null value removes the key. */
    public void patch(String name, Map<String, String> patch) throws InterruptedException {
        Map<String, String> merged = new LinkedHashMap<>(connector(name).config());
        patch.forEach((key, value) -> {
            if (value == null) {
                merged.remove(key);
            } else {
                merged.put(key, value);
            }
        });
        put(name, merged, TargetState.STARTED, true);
    }

    public void delete(String name) throws InterruptedException {
        HostedConnector connector;
        changes.lockInterruptibly();
        try {
            connector = connector(name);
            configs.remove(name);
            connectors.remove(name);
        } finally {
            changes.unlock();
        }
        // Others may change meanwhile: nobody knows how long its plugin takes.
        connector.stop();
        if (!connectors.containsKey(name)) {
            node.statuses().forget(name);
            configs.removeTasks(name);
        }
    }

    public void target(String name, TargetState target) throws InterruptedException {
        HostedConnector connector = connector(name);
        configs.putTarget(name, target);
        inBackground("target-" + name, () -> connector.target(target));
    }

    public void restartTask(String name, int task) throws InterruptedException {
        if (!connector(name).restartTask(task)) {
            throw new HttpError(404, "Unknown task: " + name + "-" + task);
        }
    }

    /**
     * As Kafka Connect's: without tasks, only the connector's object is made anew, and its tasks go on as long as that wants no others.
     *
     * @param onlyFailed spares what has not failed
     * @return what there is, with what is going to be restarted marked so
     */
    public ConnectorStatus restart(String name, boolean includeTasks, boolean onlyFailed) {
        HostedConnector connector = connector(name);
        ConnectorStatus before = status(connector);
        boolean itself = !onlyFailed || before.state() == RunState.FAILED;
        Set<Integer> failed = new HashSet<>();
        List<TaskStatus> planned = new ArrayList<>();
        for (TaskStatus task : before.tasks()) {
            boolean restarts = includeTasks && (!onlyFailed || task.state() == RunState.FAILED);
            if (restarts) {
                failed.add(task.id());
            }
            planned.add(restarts ? task.restarting() : task);
        }
        if (includeTasks && !onlyFailed) {
            inBackground("restart-" + name, connector::startAnew);
        } else if (itself || !failed.isEmpty()) {
            inBackground("restart-" + name, () -> connector.restart(itself, failed));
        }
        return before.restarting(itself, planned);
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private void inBackground(String what, Step step) {
        if (closed) {
            return;
        }
        Thread.ofVirtual().name("connect-" + what).start(() -> {
            try {
                step.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | LinkageError e) {
                LOG.error("{} failed", what, e);
            }
        });
    }

    // --- plugins

    void startWaiting() {
        connectors.values().stream().filter(connector -> connector.status().state() == RunState.UNASSIGNED)
                .forEach(connector -> inBackground("start-" + connector.name(), connector::startWaiting));
    }

    List<HostedConnector> using(Plugin plugin) {
        return connectors.values().stream().filter(connector -> connector.uses(plugin)).toList();
    }

    /** Runs a step of several connectors at the same time and waits for all. */
    static void together(Collection<HostedConnector> connectors, OnConnector step) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (HostedConnector connector : connectors) {
            threads.add(Thread.ofVirtual().name("connect-" + connector.name()).start(() -> {
                try {
                    step.run(connector);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException | LinkageError e) {
                    LOG.error("connector {}: a step that it takes with others failed", connector.name(), e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    interface OnConnector {
        void run(HostedConnector connector) throws InterruptedException;
    }

    // --- health

    /** Returns when everything that is stored of connectors can be read; throws if it cannot. */
    public void look() throws InterruptedException {
        configs.look();
    }

    public HealthCheck health() {
        return new ConnectorHealth(connectors.values());
    }

    /** Stops every connector: tasks flush and commit. */
    @Override
    public void close() throws InterruptedException {
        closed = true;
        together(List.copyOf(connectors.values()), HostedConnector::stop);
        configs.close();
    }
}
