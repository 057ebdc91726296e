package io.millrace.connect.herder;

import io.millrace.api.plugin.Plugin;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.catalog.VersionRequirement;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.Validation;
import io.millrace.connect.source.StoredOffsets;
import io.millrace.connect.store.TargetState;
import io.millrace.connect.task.PluginMeters;
import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import io.millrace.connect.task.TaskSetup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkConnectorContext;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceConnectorContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connector on this node: its configuration, its instance while it runs, its tasks. Operations are serial, reports are not held up by them. */
final class HostedConnector {

    private static final Logger LOG = LoggerFactory.getLogger(HostedConnector.class);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    record Status(String name, RunState state, String version, String trace, String type, List<TaskRunner.Status> tasks) {}

    /** What exists of a connector only while it runs. */
    private record Running(Catalog.Entry entry, boolean sink, Connector connector, ConnectorConfig config, PluginMeters meters) {}

    private final Node node;
    private final String name;
    private final ReentrantLock operation = new ReentrantLock(true);
    private final Restarts restarts;
    private final Map<Integer, TaskCounters> counters = new ConcurrentHashMap<>();
    private final Set<String> topics = new ConcurrentSkipListSet<>();
    /** Plugins that anything of the running connector comes from. */
    private final Set<Plugin> uses = ConcurrentHashMap.newKeySet();

    // Written when a change is stored, read by reports and at every start.
    private volatile Map<String, String> raw;
    // Written under the operation lock, read by reports.
    private volatile TargetState target;
    private volatile RunState state = RunState.UNASSIGNED;
    private volatile String trace = "";
    private volatile String type = "unknown";
    private volatile List<TaskRunner> tasks = List.of();

    private final AbandonableCalls calls;
    private volatile Running running;
    /** Counts starts and stops, so that what was meant for an earlier run does not hit a later one. */
    private long generation;
    private long startedNanos;

    HostedConnector(Node node, String name, Map<String, String> raw, TargetState target) {
        this.node = node;
        this.name = name;
        this.raw = raw;
        this.target = target;
        this.restarts = new Restarts(node.settings().restarts());
        this.calls = new AbandonableCalls(node.settings().callLimit());
    }

    String name() {
        return name;
    }

    Map<String, String> config() {
        return raw;
    }

    TargetState target() {
        return target;
    }

    boolean uses(Plugin plugin) {
        return uses.contains(plugin);
    }

    Set<String> topics() {
        return new TreeSet<>(topics);
    }

    void resetTopics() {
        topics.clear();
    }

    boolean isSink() {
        return type.equals(Kind.SINK.word());
    }

    Status status() {
        return new Status(name, state, version(), trace, type(), tasks.stream().map(TaskRunner::status).toList());
    }

    /** As of now; another start makes others. */
    List<TaskRunner> runners() {
        return tasks;
    }

    private String type() {
        if (!type.equals("unknown")) {
            return type;
        }
        try {
            return node.catalog().find(Validation.CONNECTORS, className()).map(entry -> entry.kind().word()).orElse("unknown");
        } catch (Catalog.LookupException e) {
            return "unknown";
        }
    }

    private String version() {
        Running now = running;
        try {
            return (now == null ? node.catalog().find(Validation.CONNECTORS, className()) : Optional.of(now.entry())).map(node.catalog()::version).orElse(null);
        } catch (Catalog.LookupException e) {
            return null;
        }
    }

    private String className() {
        return String.valueOf(raw.get(ConnectorConfig.CONNECTOR_CLASS));
    }

    /** The tasks' settings, with the connector's variables where a setting still is what the connector was given. */
    Map<TaskId, Map<String, String>> taskSettings() {
        Map<TaskId, Map<String, String>> all = new LinkedHashMap<>();
        for (TaskRunner task : tasks) {
            Map<String, String> shown = new LinkedHashMap<>(task.settings());
            shown.replaceAll((key, value) -> raw.getOrDefault(key, value));
            all.put(task.status().id(), shown);
        }
        return all;
    }

    /** Starts only if it does not run for want of a plugin, or because nothing has started it yet. */
    void startIfWaiting() throws InterruptedException {
        operation.lockInterruptibly();
        try {
            if (running == null && state == RunState.UNASSIGNED) {
                start();
            }
        } finally {
            operation.unlock();
        }
    }

    /** Does what the target state wants, from whatever state. */
    void start() throws InterruptedException {
        operation.lockInterruptibly();
        try {
            stopRunning();
            generation++;
            if (target != TargetState.STARTED) {
                // As long as it is paused it must not even reach for what it connects to.
                trace = "";
                state = target == TargetState.STOPPED ? RunState.STOPPED : RunState.PAUSED;
                return;
            }
            try {
                startConnector();
            } catch (RuntimeException e) {
                failed(e);
            }
        } finally {
            operation.unlock();
        }
    }

    /** Starts it if it does not run yet. One that somebody else started meanwhile is left alone. */
    void startWaiting() throws InterruptedException {
        operation.lockInterruptibly();
        try {
            if (running == null && state == RunState.UNASSIGNED) {
                start();
            }
        } finally {
            operation.unlock();
        }
    }

    private void startConnector() throws InterruptedException {
        trace = "";
        Map<String, String> resolved = node.variables().resolve(raw);
        Optional<Catalog.Entry> found;
        try {
            found = node.catalog().find(Validation.CONNECTORS, className(), VersionRequirement.of(resolved.get(ConnectorConfig.CONNECTOR_VERSION)));
        } catch (Catalog.NoSuchVersionException e) {
            waiting(e.getMessage());
            return;
        }
        if (found.isEmpty()) {
            waiting("waiting for the plugin of " + className() + "; install it, or correct connector.class");
            return;
        }
        Catalog.Entry entry = found.get();
        boolean sink = entry.kind() == Kind.SINK;
        type = entry.kind().word();
        use(entry.provided());
        ConnectorConfig config = new ConnectorConfig(resolved, sink);
        PluginMeters meters = new PluginMeters(Map.of("connector", name));
        long mine = generation;
        Connector connector = null;
        try {
            AtomicBoolean wanted = new AtomicBoolean(true);
            try {
                connector = calls.call("start-" + name, entry.provided().loader(), () -> {
                    Connector made = entry.provided().instantiate(Connector.class);
                    made.initialize(sink ? new SinkContext(mine, meters.metrics()) : new SourceContext(mine, meters.metrics()));
                    made.start(config.values());
                    if (!wanted.get()) {
                        made.stop();
                    }
                    return made;
                });
            } finally {
                wanted.set(connector != null);
            }
            running = new Running(entry, sink, connector, config, meters);
            startTasks(taskConfigs(running));
        } finally {
            if (running == null) {
                meters.close();
            }
        }
        startedNanos = System.nanoTime();
        state = RunState.RUNNING;
        LOG.info("connector {} runs with {} task(s)", name, tasks.size());
    }

    private void waiting(String why) {
        state = RunState.UNASSIGNED;
        trace = why;
        LOG.info("connector {}: {}", name, why);
    }

    private void use(Provided provided) {
        if (provided.plugin() != null) {
            uses.add(provided.plugin());
        }
    }

    private List<Map<String, String>> taskConfigs(Running of) throws InterruptedException {
        int max = of.config().tasksMax();
        List<Map<String, String>> made = calls.call("task-configs-" + name, of.entry().provided().loader(), () -> {
            List<Map<String, String>> configs = of.connector().taskConfigs(max);
            if (configs == null) {
                throw new ConnectException(of.entry().provided().className() + ".taskConfigs() returns null");
            }
            List<Map<String, String>> copies = new ArrayList<>();
            for (Map<String, String> config : configs) {
                Map<String, String> copy = new HashMap<>(config);
                copy.put("task.class", of.connector().taskClass().getName());
                for (String key : List.of(ConnectorConfig.TOPICS, ConnectorConfig.TOPICS_REGEX)) {
                    if (of.sink() && of.config().values().get(key) != null) {
                        copy.put(key, of.config().values().get(key));
                    }
                }
                copies.add(copy);
            }
            return copies;
        });
        if (made.size() > max && of.config().flag("tasks.max.enforce")) {
            throw new ConnectException("connector " + name + " makes " + made.size() + " tasks, but tasks.max is " + max
                    + "; raise it, or set tasks.max.enforce to false");
        }
        return made;
    }

    private void startTasks(List<Map<String, String>> configs) throws InterruptedException {
        TaskSetup.TaskOptions options = options(running);
        Class<?> taskClass = calls.call("task-class-" + name, running.entry().provided().loader(), () -> running.connector().taskClass());
        List<TaskRunner> made = new ArrayList<>();
        for (int i = 0; i < configs.size(); i++) {
            TaskId id = new TaskId(name, i);
            TaskSetup setup = new TaskSetup(id, running.config(), configs.get(i), taskClass, running.entry().provided().loader(),
                    node.catalog().at(running.entry().provided().plugin()), node.clients(), node.admin(), node.offsets(), counters.computeIfAbsent(i, _ -> new TaskCounters()), this::use, topics::add, options);
            made.add(new TaskRunner(setup, running.sink(), target == TargetState.PAUSED, node.settings().restarts()));
        }
        made.forEach(TaskRunner::start);
        tasks = List.copyOf(made);
    }

    private TaskSetup.TaskOptions options(Running of) throws InterruptedException {
        boolean marks = false;
        if (!of.sink()) {
            SourceConnector source = (SourceConnector) of.connector();
            Map<String, String> config = of.config().values();
            checkElsewhere(of.config());
            if (of.config().requiresExactlyOnce()) {
                ExactlyOnceSupport support = calls.call("support-" + name, of.entry().provided().loader(), () -> source.exactlyOnceSupport(config));
                if (support != ExactlyOnceSupport.SUPPORTED || !node.settings().exactlyOnceSource()) {
                    throw new ConnectException("connector " + name + " requires exactly-once delivery, but " + (support == ExactlyOnceSupport.SUPPORTED
                            ? "connect.exactly.once.source is false on this node" : "its class does not say that it supports it: " + support)
                            + "; set exactly.once.support to requested");
                }
            }
            if (of.config().transactionBoundary().equals("connector")) {
                ConnectorTransactionBoundaries boundaries = calls.call("boundaries-" + name, of.entry().provided().loader(),
                        () -> source.canDefineTransactionBoundaries(config));
                if (boundaries != ConnectorTransactionBoundaries.SUPPORTED) {
                    throw new ConnectException("connector " + name + " cannot define its own transaction boundaries with this configuration; "
                            + "set transaction.boundary to poll");
                }
                marks = true;
            }
        }
        return new TaskSetup.TaskOptions(node.settings().exactlyOnceSource() && !of.config().writesElsewhere(), marks, node.settings().flushIntervalMs());
    }

    private void checkElsewhere(ConnectorConfig config) {
        if (!config.writesElsewhere()) {
            return;
        }
        String there = "connector " + name + " writes to another cluster (producer.override.bootstrap.servers)";
        if (config.requiresExactlyOnce()) {
            throw new ConnectException(there + ", which cannot be in one transaction with the offsets kept here; set exactly.once.support to requested");
        }
        if (!config.withPrefix("topic.creation.").isEmpty()) {
            throw new ConnectException(there + ", where this node creates no topics; create them there and leave topic.creation.* out");
        }
    }

    private void failed(Throwable failure) throws InterruptedException {
        stopRunning();
        restartLater(failure);
    }

    private void restartLater(Throwable failure) {
        String text = Traces.of(failure);
        String brief = Traces.brief(failure);
        long ran = startedNanos == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
        startedNanos = 0;
        trace = text;
        state = RunState.FAILED;
        if (failure instanceof Isolated.StuckException stuck && stuck.goesOn()) {
            LOG.error("connector {} is given up: {}, and does not heed an interrupt; another start could only leave one more such thread behind", name, brief);
            return;
        }
        long pause = restarts.failed(ran);
        if (pause == Restarts.GIVE_UP) {
            LOG.error("connector {} failed and is given up after {} restarts; mend the cause and restart it: {}", name, restarts.failures(), brief);
            return;
        }
        LOG.warn("connector {} failed, restart {} in {} ms: {}", name, restarts.failures(), pause, brief);
        long mine = generation;
        Thread.ofVirtual().name("connect-restarts-" + name).start(() -> {
            try {
                Thread.sleep(pause);
                operation.lockInterruptibly();
                try {
                    if (generation == mine && state == RunState.FAILED) {
                        start();
                    }
                } finally {
                    operation.unlock();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Stops all of it and lets go of its plugins; the target state stays. Does not wait for plugin code that is at work for a start. */
    void stop() throws InterruptedException {
        calls.abandon();
        operation.lockInterruptibly();
        try {
            generation++;
            stopRunning();
            state = target == TargetState.STOPPED ? RunState.STOPPED : RunState.UNASSIGNED;
        } finally {
            operation.unlock();
        }
    }

    private void stopRunning() throws InterruptedException {
        stopTasks();
        if (running != null) {
            Running stopped = running;
            running = null;
            try {
                Isolated.call("stop-" + name, stopped.entry().provided().loader(), STOP_LIMIT, () -> {
                    stopped.connector().stop();
                    return null;
                });
            } catch (RuntimeException e) {
                LOG.warn("connector {}: stop failed: {}", name, e.toString());
            } finally {
                stopped.meters().close();
            }
        }
        uses.clear();
    }

    private void stopTasks() throws InterruptedException {
        List<TaskRunner> stopped = tasks;
        List<Thread> stopping = new ArrayList<>();
        for (TaskRunner task : stopped) {
            stopping.add(Thread.ofVirtual().start(() -> {
                try {
                    task.stop();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        for (Thread thread : stopping) {
            thread.join();
        }
        tasks = List.of();
    }

    /** What reports show and the next start uses. */
    void config(Map<String, String> config) {
        raw = config;
        type = "unknown";
        calls.abandon();
    }

    void target(TargetState wanted) throws InterruptedException {
        operation.lockInterruptibly();
        try {
            TargetState before = target;
            target = wanted;
            if (wanted == TargetState.STOPPED || before == TargetState.STOPPED || running == null) {
                start();
            } else {
                tasks.forEach(task -> task.pause(wanted == TargetState.PAUSED));
                state = wanted == TargetState.PAUSED ? RunState.PAUSED : RunState.RUNNING;
            }
        } finally {
            operation.unlock();
        }
    }

    /** @return whether there is such a task */
    boolean restartTask(int number) throws InterruptedException {
        operation.lockInterruptibly();
        try {
            if (number < 0 || number >= tasks.size() || running == null) {
                return false;
            }
            List<TaskRunner> after = new ArrayList<>(tasks);
            TaskRunner old = after.get(number);
            old.stop();
            TaskRunner fresh = old.again(target == TargetState.PAUSED);
            after.set(number, fresh);
            fresh.start();
            tasks = List.copyOf(after);
            return true;
        } finally {
            operation.unlock();
        }
    }

    private void requestedReconfiguration(long of) {
        Thread.ofVirtual().name("connect-reconfigures-" + name).start(() -> {
            try {
                operation.lockInterruptibly();
                try {
                    if (generation != of || running == null) {
                        return;
                    }
                    List<Map<String, String>> wanted = taskConfigs(running);
                    if (!wanted.equals(tasks.stream().map(TaskRunner::settings).toList())) {
                        LOG.info("connector {} changes its tasks from {} to {}", name, tasks.size(), wanted.size());
                        stopTasks();
                        startTasks(wanted);
                    }
                } catch (RuntimeException e) {
                    failed(e);
                } finally {
                    operation.unlock();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void raised(long of, Exception error) {
        Thread.ofVirtual().name("connect-fails-" + name).start(() -> {
            try {
                operation.lockInterruptibly();
                try {
                    if (generation == of) {
                        // Its tasks go on until it is started again.
                        restartLater(error);
                    }
                } finally {
                    operation.unlock();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private final class SinkContext implements SinkConnectorContext {

        private final long mine;
        private final PluginMetrics metrics;

        SinkContext(long mine, PluginMetrics metrics) {
            this.mine = mine;
            this.metrics = metrics;
        }

        @Override
        public void requestTaskReconfiguration() {
            requestedReconfiguration(mine);
        }

        @Override
        public void raiseError(Exception error) {
            raised(mine, error);
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return metrics;
        }
    }

    private final class SourceContext implements SourceConnectorContext {

        private final long mine;
        private final PluginMetrics metrics;
        private final OffsetStorageReader reader = new StoredOffsets(node.offsets(), name);

        SourceContext(long mine, PluginMetrics metrics) {
            this.mine = mine;
            this.metrics = metrics;
        }

        @Override
        public void requestTaskReconfiguration() {
            requestedReconfiguration(mine);
        }

        @Override
        public void raiseError(Exception error) {
            raised(mine, error);
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return reader;
        }

        @Override
        public PluginMetrics pluginMetrics() {
            return metrics;
        }
    }
}
