package io.millrace.launcher;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a platform lives and what the command line sets. Immutable; the methods return changed copies.
 *
 * @param home      the unpacked distribution
 * @param data      created if absent
 * @param etc       this node's configuration files; need not exist
 * @param overrides configuration keys that win over {@code millrace.properties}
 * @param plugins   folders of plugin files to install beside the shipped ones
 * @param bundles   folders of further bundles to start after the distribution's own
 */
public record Options(Path home, Path data, Path etc, Map<String, String> overrides, List<Path> plugins, List<Path> bundles) {

    public Options {
        home = home.toAbsolutePath().normalize();
        data = data.toAbsolutePath().normalize();
        etc = etc.toAbsolutePath().normalize();
        overrides = Map.copyOf(overrides);
        plugins = List.copyOf(plugins);
        bundles = List.copyOf(bundles);
    }

    static Options of(Path home) {
        return new Options(home, Path.of("data"), home.resolve("etc"), Map.of(), List.of(), List.of());
    }

    public Options data(Path folder) {
        return new Options(home, folder, etc, overrides, plugins, bundles);
    }

    public Options etc(Path folder) {
        return new Options(home, data, folder, overrides, plugins, bundles);
    }

    /** @param address {@code host:port} of the Kafka protocol */
    public Options listen(String address) {
        return set("listen", address);
    }

    /** @param address {@code host:port} of REST */
    public Options http(String address) {
        return set("http.listen", address);
    }

    public Options set(String key, String value) {
        Map<String, String> changed = new LinkedHashMap<>(overrides);
        changed.put(key, value);
        return new Options(home, data, etc, changed, plugins, bundles);
    }

    public Options plugins(List<Path> folders) {
        return new Options(home, data, etc, overrides, folders, bundles);
    }

    public Options bundles(List<Path> folders) {
        return new Options(home, data, etc, overrides, plugins, folders);
    }
}
