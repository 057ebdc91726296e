package io.millrace.kernel.sweep;

import io.millrace.kernel.guard.Remembered;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Threads that a plugin started and did not end: they have its context class loader, which threads inherit, or are of a class of its own.
 * Virtual threads, which the JDK lists nowhere, are those that the guard has followed.
 */
final class Threads {

    private static final long PATIENCE_MS = 1_000;

    private Threads() {}

    /** Interrupts them and waits a little; names all, and those that go on nevertheless as such. */
    static List<String> sweep(ClassLoader own, ClassLoader scope) {
        List<Thread> left = of(own, scope);
        left.forEach(Thread::interrupt);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        List<String> found = new ArrayList<>();
        for (Thread thread : left) {
            try {
                long wait = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (wait > 0) {
                    thread.join(wait);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            found.add((thread.isVirtual() ? "virtual thread " + thread.threadId() + " " : "thread ") + thread.getName() + (thread.isAlive() ? ", which does not end and keeps the plugin in memory" : ""));
        }
        return found;
    }

    static List<Thread> of(ClassLoader own, ClassLoader scope) {
        return Stream.concat(Arrays.stream(all()), Remembered.virtualThreads(own).stream()).filter(Objects::nonNull).filter(thread -> thread != Thread.currentThread())
                .filter(thread -> thread.getContextClassLoader() == scope || thread.getContextClassLoader() == own
                        || thread.getClass().getClassLoader() == own || thread.isVirtual())
                .toList();
    }

    private static Thread[] all() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root.getParent() != null) {
            root = root.getParent();
        }
        Thread[] threads = new Thread[root.activeCount() + 64];
        root.enumerate(threads);
        return threads;
    }
}
