package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginScope;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A call into code of a plugin that may take for ever: on a thread of its own, with a limit. A thread that does not even heed an interrupt is
 * left behind, by name; it stands in the way of nobody but its plugin.
 */
final class PluginCall {

    private static final long INTERRUPT_MS = 1_000;

    private final Thread thread;
    private final FutureTask<?> task;

    private PluginCall(Thread thread, FutureTask<?> task) {
        this.thread = thread;
        this.task = task;
    }

    /** The call has not returned in time. */
    static final class StuckException extends Exception {

        private static final long serialVersionUID = 1L;
        private final transient Thread thread;

        private StuckException(String message, Thread thread) {
            super(message);
            this.thread = thread;
        }

        /** Alive if it did not heed the interrupt. */
        Thread thread() {
            return thread;
        }
    }

    /**
     * @param name of the thread, which names plugin and call
     * @throws StuckException     with the place it was at when the time was over
     * @throws ExecutionException with what the plugin threw, errors included
     */
    static void run(String name, ClassLoader loader, long limitMs, Callable<?> code) throws StuckException, ExecutionException, InterruptedException {
        FutureTask<?> task = new FutureTask<>(code);
        Thread thread = PluginScope.threads(loader, Thread.ofPlatform().name(name).daemon().factory()).newThread(task);
        thread.start();
        new PluginCall(thread, task).await(limitMs);
    }

    private void await(long limitMs) throws StuckException, ExecutionException, InterruptedException {
        try {
            task.get(limitMs, TimeUnit.MILLISECONDS);
            // Else a look for threads that the plugin left would find it.
            thread.join(INTERRUPT_MS);
        } catch (TimeoutException e) {
            String place = place(thread);
            thread.interrupt();
            thread.join(INTERRUPT_MS);
            throw new StuckException("has not returned within " + limitMs + " ms, it was " + place
                    + (thread.isAlive() ? " and does not heed an interrupt" : ""), thread);
        }
    }

    /** The innermost frame that is not the JDK's. */
    static String place(Thread thread) {
        StackTraceElement[] frames = thread.getStackTrace();
        for (StackTraceElement frame : frames) {
            if (!frame.getClassName().startsWith("java.") && !frame.getClassName().startsWith("jdk.") && !frame.getClassName().startsWith("sun.")) {
                return "at " + frame;
            }
        }
        return frames.length == 0 ? "at its end" : "at " + frames[0];
    }
}
