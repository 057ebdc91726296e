package io.millrace.kernel.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the classes of one loader have under way with the JDK that the JDK tells nobody of: virtual threads and shutdown hooks. Each holds the
 * loader for as long as it is here, as it does anyway. Thread-safe.
 */
public final class Remembered {

    /** Weak in the loaders: one with nothing under way is let go of. */
    private static final Map<ClassLoader, Remembered> ALL = new WeakHashMap<>();

    private final Set<Thread> virtualThreads = ConcurrentHashMap.newKeySet();
    private final Set<Thread> hooks = ConcurrentHashMap.newKeySet();

    private Remembered() {}

    static Remembered of(Class<?> type) {
        return of(type.getClassLoader());
    }

    static Remembered of(ClassLoader loader) {
        synchronized (ALL) {
            return ALL.computeIfAbsent(loader, _ -> new Remembered());
        }
    }

    /** Virtual threads of the loader's classes that run now. */
    public static List<Thread> virtualThreads(ClassLoader loader) {
        synchronized (ALL) {
            Remembered known = ALL.get(loader);
            return known == null ? List.of() : List.copyOf(known.virtualThreads);
        }
    }

    /** Takes the shutdown hooks of the loader's classes back; what was remembered is forgotten. */
    public static List<Thread> takeHooks(ClassLoader loader) {
        Remembered known;
        synchronized (ALL) {
            known = ALL.remove(loader);
        }
        List<Thread> taken = new ArrayList<>();
        if (known != null) {
            for (Thread hook : known.hooks) {
                try {
                    if (Runtime.getRuntime().removeShutdownHook(hook)) {
                        taken.add(hook);
                    }
                } catch (IllegalStateException e) {
                    // The process ends, and the hook is running.
                    return taken;
                }
            }
        }
        return taken;
    }

    void add(Thread hook) {
        hooks.add(hook);
    }

    void remove(Thread hook) {
        hooks.remove(hook);
    }

    Runnable followed(Runnable task) {
        java.util.Objects.requireNonNull(task);
        return () -> {
            Thread thread = Thread.currentThread();
            if (!thread.isVirtual()) {
                task.run();
                return;
            }
            virtualThreads.add(thread);
            try {
                task.run();
            } finally {
                virtualThreads.remove(thread);
            }
        };
    }
}
