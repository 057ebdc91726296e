package io.millrace.connect.catalog;

import io.millrace.api.plugin.Plugin;
import java.time.Duration;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.connect.components.Versioned;

/** What classes say is their version, each asked once. Thread-safe. */
public final class ClassVersions {

    /** What Kafka Connect shows for a class that does not say. */
    public static final String UNDEFINED = "undefined";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Map<Plugin, Map<String, String>> ofPlugins = new WeakHashMap<>();
    private final Map<String, String> ofStock = new ConcurrentHashMap<>();

    /** @return {@link #UNDEFINED} if it does not say, or fails when asked */
    public String of(Catalog.Entry entry) {
        Map<String, String> known = known(entry.provided().plugin());
        String version = known.get(entry.name());
        if (version == null) {
            version = ask(entry);
            known.put(entry.name(), version);
        }
        return version;
    }

    private Map<String, String> known(Plugin plugin) {
        if (plugin == null) {
            return ofStock;
        }
        synchronized (ofPlugins) {
            return ofPlugins.computeIfAbsent(plugin, _ -> new ConcurrentHashMap<>());
        }
    }

    private static String ask(Catalog.Entry entry) {
        try {
            return Isolated.call("version", entry.provided().loader(), LIMIT, () -> {
                Object made = entry.provided().instantiate(Object.class);
                return made instanceof Versioned versioned ? String.valueOf(versioned.version()) : UNDEFINED;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNDEFINED;
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            return UNDEFINED;
        }
    }
}
