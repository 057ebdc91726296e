package io.millrace.kernel.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;

/**
 * A plugin's view of the world: its own bundle first, then the shared Kafka bundle, which looks its own classes up by name through the
 * thread's context class loader. Defines no class itself. Service files are the plugin's only.
 */
final class PluginLoader extends ClassLoader {

    static {
        registerAsParallelCapable();
    }

    private final ClassLoader plugin;
    private final ClassLoader kafka;

    /** @param kafka the shared Kafka bundle's loader, or null where there is none */
    PluginLoader(String name, ClassLoader plugin, ClassLoader kafka) {
        super(name, null);
        this.plugin = plugin;
        this.kafka = kafka;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        try {
            return plugin.loadClass(name);
        } catch (ClassNotFoundException e) {
            if (kafka == null) {
                throw e;
            }
            return kafka.loadClass(name);
        }
    }

    @Override
    public URL getResource(String name) {
        URL own = plugin.getResource(name);
        return own != null || kafka == null ? own : kafka.getResource(name);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        Enumeration<URL> own = plugin.getResources(name);
        return own == null ? Collections.emptyEnumeration() : own;
    }
}
