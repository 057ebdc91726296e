package io.millrace.connect.catalog;

import io.millrace.api.plugin.PluginScope;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Runs plugin code on a thread of its own: what it leaves in thread locals goes with the thread, when it hangs the caller does
 * not, and an error of its own is a failure like others. A platform thread, for a virtual one that spins takes a carrier from everybody.
 */
public final class Isolated {

    private static final Duration INTERRUPT_LIMIT = Duration.ofSeconds(1);

    private Isolated() {}

    /** A call that has not returned in time. */
    public static final class StuckException extends ConnectException {

        private static final long serialVersionUID = 1L;
        private final transient Thread thread;

        private StuckException(String message, Thread thread) {
            super(message);
            this.thread = thread;
        }

        /** Whether it still goes on, although it was interrupted. */
        public boolean goesOn() {
            try {
                return !thread.join(INTERRUPT_LIMIT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return thread.isAlive();
            }
        }
    }

    /**
     * @throws RuntimeException what the code throws; errors, checked exceptions and {@link StuckException} are {@link ConnectException}s
     */
    public static <T> T call(String what, ClassLoader loader, Duration timeout, Callable<T> code) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(code);
        Thread thread = start(what, loader, task);
        try {
            return task.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new ConnectException(what + " failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            String place = place(thread);
            thread.interrupt();
            throw new StuckException(what + " has not returned within " + timeout.toSeconds() + " s, it was " + place, thread);
        } catch (InterruptedException e) {
            thread.interrupt();
            throw e;
        }
    }

    /** Runs it and waits for nothing. */
    static Thread start(String what, ClassLoader loader, Runnable code) {
        Thread thread = PluginScope.threads(loader, Thread.ofPlatform().daemon().name("connect-" + what).factory()).newThread(code);
        thread.start();
        return thread;
    }

    /** The innermost frame that is not the JDK's. */
    private static String place(Thread thread) {
        StackTraceElement[] frames = thread.getStackTrace();
        for (StackTraceElement frame : frames) {
            if (!frame.getClassName().startsWith("java.") && !frame.getClassName().startsWith("jdk.") && !frame.getClassName().startsWith("sun.")) {
                return "at " + frame;
            }
        }
        return frames.length == 0 ? "at its end" : "at " + frames[0];
    }
}
