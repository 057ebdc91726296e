package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/** A plugin as its started bundle. */
final class BundlePlugin implements Plugin {

    private final String name;
    private final Bundle bundle;
    private final ClassLoader loader;
    private final Map<String, List<String>> providers = new ConcurrentHashMap<>();
    /** Hosts that know of it. A host that leaves is taken out without the lock of the slot. */
    private final Set<PluginHost> told = ConcurrentHashMap.newKeySet();
    /** Changed under the lock of the slot, read by anybody. */
    private volatile boolean current = true;

    BundlePlugin(String name, Bundle bundle, ClassLoader kafka) {
        this.name = name;
        this.bundle = bundle;
        this.loader = new PluginLoader("plugin " + name, bundle.adapt(BundleWiring.class).getClassLoader(), kafka);
    }

    Bundle bundle() {
        return bundle;
    }

    Set<PluginHost> told() {
        return told;
    }

    void current(boolean is) {
        current = is;
    }

    @Override
    public boolean current() {
        return current;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return bundle.getVersion().toString();
    }

    @Override
    public ClassLoader classLoader() {
        return loader;
    }

    @Override
    public List<String> providers(String serviceType) {
        return providers.computeIfAbsent(serviceType, this::readServiceFiles);
    }

    private List<String> readServiceFiles(String serviceType) {
        Set<String> names = new LinkedHashSet<>();
        try {
            for (URL file : Collections.list(loader.getResources("META-INF/services/" + serviceType))) {
                try (InputStream in = file.openStream();
                        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                    lines.lines().map(line -> line.replaceFirst("#.*", "").strip()).filter(line -> !line.isEmpty()).forEach(names::add);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("plugin " + name + ": service file of " + serviceType + " cannot be read", e);
        }
        return List.copyOf(names);
    }

    @Override
    public String toString() {
        return "plugin " + name + " " + version();
    }
}
