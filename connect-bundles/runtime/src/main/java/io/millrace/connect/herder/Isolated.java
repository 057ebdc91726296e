package io.millrace.connect.herder;

import io.millrace.api.plugin.PluginScope;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;

/** Runs plugin code on a thread of its own: what it leaves in thread locals goes with the thread, and when it hangs the caller does not. */
final class Isolated {

    private Isolated() {}

    static <T> T call(String what, ClassLoader loader, Duration timeout, Callable<T> code) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(code);
        Thread thread = PluginScope.threads(loader, Thread.ofVirtual().name("connect-" + what).factory()).newThread(task);
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
            thread.interrupt();
            throw new ConnectException(what + " has not returned within " + timeout.toSeconds() + " s", e);
        }
    }
}
