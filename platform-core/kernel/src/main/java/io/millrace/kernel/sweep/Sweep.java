package io.millrace.kernel.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes away what a plugin left with the JDK when it stopped: each of these would hold its class loader, and with it all of its classes, for
 * the rest of the process.
 */
public final class Sweep {

    private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);

    private final String plugin;
    private final ClassLoader own;
    private final ClassLoader scope;

    /**
     * @param own   defines the plugin's classes
     * @param scope the context class loader of the plugin's threads
     */
    public Sweep(String plugin, ClassLoader own, ClassLoader scope) {
        this.plugin = plugin;
        this.own = own;
        this.scope = scope;
    }

    /** @return what was found, one phrase each */
    public List<String> run() {
        List<String> found = new ArrayList<>();
        // Threads first: one that still runs could bring the others back.
        add(found, () -> Threads.sweep(own, scope));
        add(found, () -> ShutdownHooks.sweep(own));
        add(found, () -> Drivers.sweep(own));
        add(found, () -> ManagedBeans.sweep(own));
        add(found, () -> Handlers.sweep(own));
        add(found, () -> SecurityProviders.sweep(own));
        return found;
    }

    private void add(List<String> found, Supplier<List<String>> sweep) {
        try {
            found.addAll(sweep.get());
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("plugin {}: what it left behind may stay: {}", plugin, e.toString());
        }
    }
}
