package io.millrace.connect.herder;

import io.millrace.connect.catalog.Provided;
import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/** The tasks of a connector; what they counted outlives them. Changed by their connector's operations, read by anybody. */
final class TaskGroup {

    private final Node node;
    private final String connector;
    private final Consumer<Provided> uses;
    private final ObjIntConsumer<String> topics;
    private final Map<Integer, TaskCounters> counters = new ConcurrentHashMap<>();
    private volatile List<TaskRunner> runners = List.of();
    /** The tasks' settings as they may be shown; also of tasks that are paused and have not been started since, and of those that are being started anew. */
    private volatile List<Map<String, String>> shown = List.of();
    private volatile long parkedMs;
    private volatile boolean parked;
    /** What the tasks were made of, or null. Changed by the connector's operations. */
    private Made made;

    /** It decides with the tasks' own settings whether a later instance of the connector would make the same tasks. */
    private record Made(Provided provided, Map<String, String> config) {

        static Made of(ConnectorInstance instance) {
            return new Made(instance.entry().provided(), instance.config().values());
        }
    }

    /**
     * @param uses   told of every class that serves a task
     * @param topics told of every topic that a task reads or writes, with the task's number
     */
    TaskGroup(Node node, String connector, Consumer<Provided> uses, ObjIntConsumer<String> topics) {
        this.node = node;
        this.connector = connector;
        this.uses = uses;
        this.topics = topics;
    }

    /** As of now; another start makes others. */
    List<TaskRunner> runners() {
        return runners;
    }

    List<Map<String, String>> settings() {
        return runners.stream().map(TaskRunner::settings).toList();
    }

    List<Map<String, String>> shown() {
        return shown;
    }

    /** All that there are or were in this process. */
    List<TaskId> former() {
        return counters.keySet().stream().map(number -> new TaskId(connector, number)).toList();
    }

    List<TaskRunner.Status> statuses() {
        List<TaskRunner> now = runners;
        return now.isEmpty() && parked ? IntStream.range(0, shown.size()).mapToObj(this::parked).toList() : now.stream().map(TaskRunner::status).toList();
    }

    private TaskRunner.Status parked(int number) {
        return new TaskRunner.Status(new TaskId(connector, number), RunState.PAUSED, parkedMs, node.statuses().taskVersion(connector, number), "", false, 0, 0, "",
                counters.computeIfAbsent(number, _ -> new TaskCounters()).snapshot());
    }

    /** There are these tasks, which do not run and are not made until the connector is resumed. */
    void park(List<Map<String, String>> settings) {
        parkedMs = System.currentTimeMillis();
        shown = settings;
        parked = true;
        node.statuses().tasks(connector, settings.size());
        statuses().forEach(this::changed);
    }

    /** @param mayBeShown the settings, with variables */
    void start(ConnectorInstance instance, List<Map<String, String>> settings, List<Map<String, String>> mayBeShown, boolean paused) throws InterruptedException {
        TaskSetup.TaskOptions options = instance.taskOptions();
        Class<?> taskClass = instance.taskClass();
        Provided provided = instance.entry().provided();
        List<TaskRunner> fresh = new ArrayList<>();
        for (int i = 0; i < settings.size(); i++) {
            int number = i;
            TaskSetup setup = new TaskSetup(new TaskId(connector, number), instance.config(), settings.get(number), taskClass, provided.loader(),
                    node.catalog().at(provided.plugin()), node.clients(), node.admin(), node.offsets(), counters.computeIfAbsent(number, _ -> new TaskCounters()),
                    uses, topic -> topics.accept(topic, number), options);
            fresh.add(new TaskRunner(setup, instance.isSink(), paused, node.settings().restarts(), node.settings().stopLimit(), this::changed));
        }
        node.statuses().tasks(connector, fresh.size());
        fresh.forEach(TaskRunner::start);
        runners = List.copyOf(fresh);
        parked = false;
        shown = mayBeShown;
        made = Made.of(instance);
    }

    /** Whether the tasks there are, if there are any, are those that the instance would have with these settings. */
    boolean serve(ConnectorInstance instance, List<Map<String, String>> settings) {
        return !runners.isEmpty() && Made.of(instance).equals(made) && settings.equals(settings());
    }

    private void changed(TaskRunner.Status status) {
        node.statuses().task(connector, status.id().task(), status.state().name(), status.state() == RunState.FAILED ? status.trace() : "",
                status.version());
    }

    void pause(boolean paused) {
        runners.forEach(task -> task.pause(paused));
    }

    /** @return whether there is such a task */
    boolean restart(int number, boolean paused) throws InterruptedException {
        if (number < 0 || number >= runners.size()) {
            // A parked task has nothing that could be made anew.
            return number >= 0 && number < shown.size();
        }
        List<TaskRunner> after = new ArrayList<>(runners);
        TaskRunner old = after.get(number);
        old.stop();
        TaskRunner fresh = old.again(paused);
        after.set(number, fresh);
        fresh.start();
        runners = List.copyOf(after);
        return true;
    }

    /** All at the same time; returns when all have stopped. */
    void stop() throws InterruptedException {
        List<Thread> stopping = new ArrayList<>();
        for (TaskRunner task : runners) {
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
        // Their settings are shown until there are others.
        parked = false;
        runners = List.of();
        made = null;
    }
}
