package io.millrace.api.plugin;

import java.util.concurrent.ThreadFactory;

/**
 * Makes a plugin's class loader the thread's context class loader for a block. Every call into a plugin stands in one, constructors
 * included: Kafka's and Debezium's static initialisers look classes up by name there and stay broken for good if they fail once.
 *
 * <pre>{@code try (var _ = PluginScope.of(plugin)) { task.start(props); }}</pre>
 */
public final class PluginScope implements AutoCloseable {

    private final Thread thread = Thread.currentThread();
    private final ClassLoader previous = thread.getContextClassLoader();

    private PluginScope(ClassLoader loader) {
        thread.setContextClassLoader(loader);
    }

    public static PluginScope of(Plugin plugin) {
        return new PluginScope(plugin.classLoader());
    }

    public static PluginScope of(ClassLoader loader) {
        return new PluginScope(loader);
    }

    /** Threads of {@code factory} whose context class loader is {@code loader} from the start. */
    public static ThreadFactory threads(ClassLoader loader, ThreadFactory factory) {
        return task -> {
            Thread made = factory.newThread(task);
            made.setContextClassLoader(loader);
            return made;
        };
    }

    @Override
    public void close() {
        thread.setContextClassLoader(previous);
    }
}
