package io.millrace.connect.herder;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.config.Validation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.components.ConnectPlugin;

/** What classes of plugins say of themselves; asked on threads that end. */
public final class PluginFacts {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Map<Object, Map<String, String>> versions = new WeakHashMap<>();

    public PluginFacts(Herder herder) {
        // The stock's versions are asked once for the life of the herder.
        versions.put(herder, new java.util.concurrent.ConcurrentHashMap<>());
        this.stock = herder;
    }

    private final Object stock;

    /** @return "undefined" if the class does not say, as in Kafka Connect */
    public String version(Catalog.Entry entry) throws InterruptedException {
        Map<String, String> known;
        synchronized (versions) {
            Object owner = entry.provided().plugin() == null ? stock : entry.provided().plugin();
            known = versions.computeIfAbsent(owner, _ -> new java.util.concurrent.ConcurrentHashMap<>());
        }
        String version = known.get(entry.name());
        if (version == null) {
            try {
                version = Isolated.call("version", entry.provided().loader(), LIMIT, () -> {
                    Object made = entry.provided().instantiate(Object.class);
                    return made instanceof ConnectPlugin plugin ? String.valueOf(plugin.version()) : "undefined";
                });
            } catch (RuntimeException | LinkageError e) {
                version = "undefined";
            }
            known.put(entry.name(), version);
        }
        return version;
    }

    public List<Object> definition(Catalog.Entry entry, Function<ConfigDef, List<Object>> use) throws InterruptedException {
        return Isolated.call("config", entry.provided().loader(), LIMIT,
                () -> Validation.definitionOf(entry).map(use).orElse(List.of()));
    }
}
