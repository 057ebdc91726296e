package io.millrace.connect.herder;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.sink.SinkWorker;
import io.millrace.connect.source.SourceWorker;
import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import io.millrace.connect.task.TaskSetup;
import io.millrace.connect.task.WorkerTask;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one task running: on a thread of its own, started again after failures. Ends for good with {@link #stop}. */
final class TaskRunner {

    private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);
    private static final Duration GRACE = Duration.ofMillis(100);
    private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(1);

    /**
     * @param sinceMs  when it came into this state
     * @param restarts how often it was started again since it was made
     * @param delay    why its connector asks to be called again with the same records, or empty
     */
    record Status(TaskId id, RunState state, long sinceMs, String version, String trace, boolean progressed, int restarts, long restartAtMs, String delay,
            TaskCounters.Snapshot counters) {}

    private final TaskSetup setup;
    private final boolean sink;
    private final Restarts.Policy policy;
    private final Duration stopLimit;
    private final Consumer<Status> changed;
    private final Thread thread;
    private final CountDownLatch stopSignal = new CountDownLatch(1);

    // Written by the task's thread (paused: by the controlling one, under this object's lock), read by anybody.
    private volatile WorkerTask worker;
    private volatile RunState state = RunState.UNASSIGNED;
    private volatile long sinceMs = System.currentTimeMillis();
    private volatile String delay = "";
    private volatile String version;
    private volatile String trace = "";
    private volatile boolean progressed;
    private volatile int restarts;
    private volatile long restartAtMs;
    private boolean paused;

    /**
     * @param stopLimit how long it may take to stop before it is interrupted
     * @param changed   told of the task's state when it is another
     */
    TaskRunner(TaskSetup setup, boolean sink, boolean paused, Restarts.Policy policy, Duration stopLimit, Consumer<Status> changed) {
        this.setup = setup;
        this.sink = sink;
        this.paused = paused;
        this.policy = policy;
        this.stopLimit = stopLimit;
        this.changed = changed;
        this.thread = PluginScope.threads(setup.loader(), setup.config().threads().name("connect-task-" + setup.id()).factory()).newThread(this::run);
    }

    void start() {
        thread.start();
    }

    Map<String, String> settings() {
        return setup.settings();
    }

    /** A fresh runner of the same task, not yet started. */
    TaskRunner again(boolean startPaused) {
        return new TaskRunner(setup, sink, startPaused, policy, stopLimit, changed);
    }

    Status status() {
        RunState seen = state == RunState.RUNNING && isPaused() ? RunState.PAUSED : state;
        return new Status(setup.id(), seen, sinceMs, version, trace, progressed, restarts, restartAtMs, delay, setup.counters().snapshot());
    }

    TaskCounters counters() {
        return setup.counters();
    }

    private synchronized boolean isPaused() {
        return paused;
    }

    private void run() {
        Restarts failures = new Restarts(policy);
        while (!stopped()) {
            long[] since = {System.nanoTime()};
            try {
                runOnce(since);
            } catch (Throwable e) {
                // Errors too: whatever a plugin throws ends its task and nothing else.
                if (stopped()) {
                    LOG.warn("task {}: failed while stopping; what was not committed is delivered again: {}", setup.id(), e.toString());
                    return;
                }
                if (!awaitRestart(e, failures.failed(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since[0])), failures.failures())) {
                    return;
                }
            } finally {
                worker = null;
            }
        }
    }

    private void runOnce(long[] since) throws Exception {
        WorkerTask made;
        synchronized (this) {
            made = sink ? new SinkWorker(setup, paused) : new SourceWorker(setup, paused);
            worker = made;
        }
        if (stopped()) {
            return;
        }
        made.run(new WorkerTask.Progress() {
            @Override
            public void running(String taskVersion) {
                version = taskVersion;
                since[0] = System.nanoTime();
                restartAtMs = 0;
                become(RunState.RUNNING);
            }

            @Override
            public void progressed() {
                progressed = true;
                if (!delay.isEmpty()) {
                    delay = "";
                }
            }

            @Override
            public void delayed(String why) {
                delay = why;
            }
        });
    }

    private boolean awaitRestart(Throwable failure, long pauseMs, int failures) {
        // An interrupt was meant for the run that has just failed.
        Thread.interrupted();
        setup.counters().taskFailed(failure, Traces.brief(failure));
        trace = Traces.of(failure);
        progressed = false;
        delay = "";
        restartAtMs = pauseMs < 0 ? 0 : System.currentTimeMillis() + pauseMs;
        become(RunState.FAILED);
        if (pauseMs < 0) {
            LOG.error("task {} failed and is given up after {} restarts; mend the cause and restart it: {}", setup.id(), failures,
                    Traces.brief(failure), failure);
            return false;
        }
        LOG.warn("task {} failed, restart {} in {} ms: {}", setup.id(), failures, pauseMs, Traces.brief(failure));
        LOG.debug("task {}", setup.id(), failure);
        try {
            if (stopSignal.await(pauseMs, TimeUnit.MILLISECONDS)) {
                return false;
            }
        } catch (InterruptedException e) {
            return false;
        }
        restarts++;
        become(RunState.RESTARTING);
        return true;
    }

    private void become(RunState next) {
        sinceMs = System.currentTimeMillis();
        state = next;
        changed.accept(status());
    }

    private boolean stopped() {
        return stopSignal.getCount() == 0;
    }

    synchronized void pause(boolean newPaused) {
        paused = newPaused;
        WorkerTask running = worker;
        if (running != null) {
            running.pause(newPaused);
        }
        changed.accept(status());
    }

    /** Stops and waits; first kindly, then through the plugin's {@code stop()}, then by interrupt. */
    void stop() throws InterruptedException {
        stopSignal.countDown();
        WorkerTask running = worker;
        if (running != null) {
            running.requestStop();
        }
        if (!ended(GRACE)) {
            if (running != null) {
                PluginScope.threads(setup.loader(), Thread.ofPlatform().daemon().name("connect-stops-" + setup.id()).factory()).newThread(running::stopPlugin).start();
            }
            if (!ended(stopLimit)) {
                thread.interrupt();
                if (!ended(INTERRUPT_LIMIT)) {
                    LOG.error("task {} does not stop, not even interrupted; it is left behind. Its plugin stays in memory until it ends", setup.id());
                }
            }
        }
        become(RunState.UNASSIGNED);
    }

    private boolean ended(Duration limit) throws InterruptedException {
        return thread.getState() == Thread.State.NEW || thread.join(limit);
    }
}
