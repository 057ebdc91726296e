package io.millrace.connect.herder;

import io.millrace.api.plugin.Plugin;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.catalog.VersionRequirement;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.Validation;
import io.millrace.connect.config.Variables;
import io.millrace.connect.store.ConnectorConfigs;
import io.millrace.connect.store.TargetState;
import io.millrace.connect.task.TaskId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connector on this node: its configuration, its instance while it runs, its tasks. Operations are serial, reports are not held up by them. */
final class HostedConnector {

    private static final Logger LOG = LoggerFactory.getLogger(HostedConnector.class);

    private static final long SHORTEST_TTL_MS = 1_000;

    record Status(String name, RunState state, String version, String trace, String type, List<TaskRunner.Status> tasks) {}

    private final Node node;
    private final ConnectorConfigs configs;
    private final String name;
    private final ReentrantLock operation = new ReentrantLock(true);
    private final Restarts restarts;
    private final AbandonableCalls calls;
    private final ActiveTopics topics;
    /** Plugins that anything of the running connector comes from. */
    private final Set<Plugin> uses = ConcurrentHashMap.newKeySet();
    private final TaskGroup tasks;

    // Written when a change is stored, read by reports and at every start.
    private volatile Map<String, String> raw;
    // Written under the operation lock, read by reports.
    private volatile TargetState target;
    private volatile RunState state = RunState.UNASSIGNED;
    private volatile String trace = "";
    private volatile String type = "unknown";
    private volatile ConnectorInstance running;

    /** Counts starts and stops, so that what was meant for an earlier run does not hit a later one. */
    private long generation;
    private long startedNanos;
    /** What the last start made of the configuration. */
    private Variables.Resolved resolved;

    HostedConnector(Node node, ConnectorConfigs configs, String name, Map<String, String> raw, TargetState target) {
        this.node = node;
        this.configs = configs;
        this.name = name;
        this.raw = raw;
        this.target = target;
        this.restarts = new Restarts(node.settings().restarts());
        this.calls = new AbandonableCalls(node.settings().callLimit());
        this.topics = new ActiveTopics(node.statuses(), name);
        this.tasks = new TaskGroup(node, name, this::use, topics::used);
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

    private void use(Provided provided) {
        if (provided.plugin() != null) {
            uses.add(provided.plugin());
        }
    }

    ActiveTopics topics() {
        return topics;
    }

    boolean isSink() {
        return type.equals(Kind.SINK.word());
    }

    Status status() {
        return new Status(name, state, version(), trace, type(), tasks.statuses());
    }

    /** As of now; another start makes others. */
    List<TaskRunner> runners() {
        return tasks.runners();
    }

    /** All tasks that it has or had in this process. */
    List<TaskId> former() {
        return tasks.former();
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
        ConnectorInstance now = running;
        try {
            return (now == null ? node.catalog().find(Validation.CONNECTORS, className()) : Optional.of(now.entry())).map(node.catalog()::version).orElse(null);
        } catch (Catalog.LookupException e) {
            return null;
        }
    }

    private String className() {
        return String.valueOf(raw.get(ConnectorConfig.CONNECTOR_CLASS));
    }

    /** The tasks' settings, with variables in place of what they stand for. */
    Map<TaskId, Map<String, String>> taskSettings() {
        Map<TaskId, Map<String, String>> all = new LinkedHashMap<>();
        for (Map<String, String> settings : tasks.shown()) {
            all.put(new TaskId(name, all.size()), settings);
        }
        return all;
    }

    private void become(RunState next, String why) {
        trace = why;
        state = next;
        node.statuses().connector(name, next.name(), why, running == null ? null : version());
    }

    private interface Operation {
        void run() throws InterruptedException;
    }

    private void serially(Operation what) throws InterruptedException {
        operation.lockInterruptibly();
        try {
            what.run();
        } finally {
            operation.unlock();
        }
    }

    /** Does what the target state wants, from whatever state. */
    void start() throws InterruptedException {
        serially(() -> {
            stopRunning();
            generation++;
            if (target != TargetState.STARTED) {
                // As long as it is paused it must not even reach for what it connects to.
                become(target == TargetState.STOPPED ? RunState.STOPPED : RunState.PAUSED, "");
                tasks.park(target == TargetState.STOPPED ? withoutTasks() : configs.tasks(name));
                return;
            }
            try {
                startConnector();
            } catch (RuntimeException e) {
                failed(e);
            }
        });
    }

    /** As {@link #start}, because somebody wants it: former failures do not count any more. */
    void startAnew() throws InterruptedException {
        serially(() -> {
            restarts.forget();
            start();
        });
    }

    /**
     * Of its object, and of those tasks that have failed; the other tasks go on unless the new object wants others, as with Kafka Connect.
     *
     * @param itself whether its object is restarted
     * @param failed numbers of tasks to restart if they still fail
     */
    void restart(boolean itself, Set<Integer> failed) throws InterruptedException {
        serially(() -> {
            for (TaskRunner.Status task : tasks.runners().stream().map(TaskRunner::status).toList()) {
                if (failed.contains(task.id().task()) && task.state() == RunState.FAILED) {
                    restartTask(task.id().task());
                }
            }
            if (itself) {
                restarts.forget();
                restartInstance();
            }
        });
    }

    private void restartInstance() throws InterruptedException {
        if (target != TargetState.STARTED || tasks.runners().isEmpty()) {
            start();
            return;
        }
        generation++;
        stopInstance();
        try {
            startConnector();
        } catch (RuntimeException e) {
            restartLater(e);
        }
    }

    /** Starts it if it does not run yet, for want of a plugin or because nothing has started it. One that somebody else started meanwhile is left alone. */
    void startWaiting() throws InterruptedException {
        serially(() -> {
            if (running == null && state == RunState.UNASSIGNED) {
                start();
            }
        });
    }

    private void startConnector() throws InterruptedException {
        trace = "";
        resolved = node.variables().resolve(raw);
        Optional<Catalog.Entry> found;
        try {
            found = node.catalog().find(Validation.CONNECTORS, className(), VersionRequirement.of(resolved.values().get(ConnectorConfig.CONNECTOR_VERSION)));
        } catch (Catalog.NoSuchVersionException e) {
            waiting(e.getMessage());
            return;
        }
        if (found.isEmpty()) {
            waiting("waiting for the plugin of " + className() + "; install it, or correct connector.class");
            return;
        }
        Catalog.Entry entry = found.get();
        type = entry.kind().word();
        use(entry.provided());
        ConnectorConfig config = new ConnectorConfig(node.settings().rules().defaults().applied(resolved.values()), entry.kind() == Kind.SINK);
        running = ConnectorInstance.start(node, entry, config, calls, new Calls(generation));
        List<Map<String, String>> wanted = running.taskConfigs();
        if (!tasks.serve(running, wanted)) {
            startTasks(wanted, false);
        }
        startedNanos = System.nanoTime();
        become(RunState.RUNNING, "");
        if (config.reloads() && resolved.ttlMs() < Long.MAX_VALUE) {
            // Its tasks go on unless what the variables stand for is another then.
            inBackground("reloads", generation, this::restartInstance, Math.max(SHORTEST_TTL_MS, resolved.ttlMs()));
        }
        LOG.info("connector {} runs with {} task(s)", name, tasks.runners().size());
    }

    private void startTasks(List<Map<String, String>> wanted, boolean paused) throws InterruptedException {
        tasks.stop();
        List<Map<String, String>> shown = resolved.restored(wanted);
        // They are known again after a restart of the node, when a paused connector is not asked.
        configs.putTasks(name, shown);
        tasks.start(running, wanted, shown, paused);
    }

    private List<Map<String, String>> withoutTasks() throws InterruptedException {
        try {
            configs.putTasks(name, List.of());
        } catch (ConnectException e) {
            LOG.warn("connector {} is stopped, but its former tasks are still stored: {}", name, e.getMessage());
        }
        return List.of();
    }

    private void waiting(String why) {
        become(RunState.UNASSIGNED, why);
        LOG.info("connector {}: {}", name, why);
    }

    private void failed(Throwable failure) throws InterruptedException {
        stopRunning();
        restartLater(failure);
    }

    private void restartLater(Throwable failure) {
        String brief = Traces.brief(failure);
        long ran = startedNanos == 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
        startedNanos = 0;
        become(RunState.FAILED, Traces.of(failure));
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
        inBackground("restarts", generation, () -> {
            if (state == RunState.FAILED) {
                restartInstance();
            }
        }, pause);
    }

    /** Unless the connector is started or stopped by then. */
    private void inBackground(String what, long of, Operation step, long delayMs) {
        Thread.ofVirtual().name("connect-" + what + "-" + name).start(() -> {
            try {
                Thread.sleep(delayMs);
                serially(() -> {
                    if (generation == of) {
                        step.run();
                    }
                });
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | LinkageError e) {
                LOG.error("connector {} {} in vain", name, what, e);
            }
        });
    }

    /** Stops all of it and lets go of its plugins; the target state stays. Does not wait for plugin code that is at work for a start. */
    void stop() throws InterruptedException {
        calls.abandon();
        serially(() -> {
            generation++;
            stopRunning();
            become(target == TargetState.STOPPED ? RunState.STOPPED : RunState.UNASSIGNED, trace);
        });
    }

    private void stopRunning() throws InterruptedException {
        tasks.stop();
        stopInstance();
        uses.clear();
    }

    private void stopInstance() throws InterruptedException {
        ConnectorInstance stopped = running;
        running = null;
        if (stopped != null) {
            stopped.stop();
        }
    }

    /** What reports show and the next start uses. */
    void config(Map<String, String> config) {
        raw = config;
        type = "unknown";
        calls.abandon();
    }

    void target(TargetState wanted) throws InterruptedException {
        serially(() -> {
            TargetState before = target;
            target = wanted;
            if (wanted == TargetState.STOPPED || before == TargetState.STOPPED || running == null || state == RunState.FAILED) {
                start();
            } else {
                tasks.pause(wanted == TargetState.PAUSED);
                become(wanted == TargetState.PAUSED ? RunState.PAUSED : RunState.RUNNING, trace);
            }
        });
    }

    /** @return whether there is such a task */
    boolean restartTask(int number) throws InterruptedException {
        operation.lockInterruptibly();
        try {
            return tasks.restart(number, target == TargetState.PAUSED);
        } finally {
            operation.unlock();
        }
    }

    private void reconfigure() throws InterruptedException {
        if (running == null) {
            return;
        }
        try {
            List<Map<String, String>> wanted = running.taskConfigs();
            if (!wanted.equals(tasks.settings())) {
                LOG.info("connector {} changes its tasks from {} to {}", name, tasks.runners().size(), wanted.size());
                startTasks(wanted, target == TargetState.PAUSED);
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** From the connector's object of one run. */
    private final class Calls implements ConnectorContexts.Calls {

        private final long mine;

        Calls(long mine) {
            this.mine = mine;
        }

        @Override
        public void requestTaskReconfiguration() {
            inBackground("reconfigures", mine, HostedConnector.this::reconfigure, 0);
        }

        @Override
        public void raiseError(Exception error) {
            // Its tasks go on until it is started again.
            inBackground("fails", mine, () -> restartLater(error), 0);
        }
    }
}
