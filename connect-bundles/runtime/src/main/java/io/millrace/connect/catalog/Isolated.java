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
 * Runs plugin code on a thread of its own: what it leaves in thread locals goes with the thread, and when it hangs the caller does not. A
 * platform thread, for a virtual one that spins takes a carrier from everybody.
 */
public final class Isolated {

    private Isolated() {}

    public static <T> T call(String what, ClassLoader loader, Duration timeout, Callable<T> code) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(code);
        Thread thread = PluginScope.threads(loader, Thread.ofPlatform().daemon().name("connect-" + what).factory()).newThread(task);
        thread.start();
        try {
            return task.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default -> throw new ConnectException(what + ": " + e.getCause(), e.getCause());
            }
        } catch (TimeoutException e) {
            String place = place(thread);
            thread.interrupt();
            throw new ConnectException(what + " has not returned within " + timeout.toSeconds() + " s, it was " + place, e);
        }
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
