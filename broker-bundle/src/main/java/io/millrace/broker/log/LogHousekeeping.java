package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread of a log folder that does, now and then and later, what nobody waits for. It is never interrupted, since it touches files. */
final class LogHousekeeping {

    private static final Logger LOG = LoggerFactory.getLogger(LogHousekeeping.class);

    interface Task {
        void run() throws IOException;
    }

    private final Path folder;
    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("log-housekeeping").daemon().factory());

    LogHousekeeping(Path folder) {
        this.folder = folder;
        // What waits to be deleted is found by the next start.
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Again and again, with that rest in between. */
    void every(long millis, Task task) {
        thread.scheduleWithFixedDelay(guarded(task), millis, millis, TimeUnit.MILLISECONDS);
    }

    /** Once, unless it is closed before. */
    void later(long delayMs, Task task) {
        if (!thread.isShutdown()) {
            thread.schedule(guarded(task), delayMs, TimeUnit.MILLISECONDS);
        }
    }

    /** A scheduled task that throws would not run again. */
    private Runnable guarded(Task task) {
        return () -> {
            try {
                task.run();
            } catch (Throwable e) {
                // Errors, too: one is thrown where the disk does not give the bytes of a mapped index.
                LOG.error("{}: log housekeeping failed, it is tried again", folder, e);
            }
        };
    }

    /** Begins nothing any more. */
    void stop() {
        thread.shutdown();
    }

    /** Waits for what is under way after {@link #stop}. */
    void await(long seconds) {
        try {
            thread.awaitTermination(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
