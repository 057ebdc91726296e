package io.millrace.connect.catalog;

import io.millrace.api.plugin.Plugin;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.connect.components.Versioned;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What classes say is their version, each asked once. One that does not answer holds nobody up for long. Thread-safe. */
final class ClassVersions {

    private static final Logger LOG = LoggerFactory.getLogger(ClassVersions.class);
    /** What Kafka Connect shows for a class that does not say. */
    static final String UNDEFINED = "undefined";
    /** Static initialisers run when a class is asked; those of honest drivers take a second. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Map<Plugin, Map<String, FutureTask<String>>> ofPlugins = new WeakHashMap<>();
    private final Map<String, FutureTask<String>> ofStock = new ConcurrentHashMap<>();

    /** @return {@link #UNDEFINED} if it does not say, fails when asked, or thinks for long; an answer that comes later counts from then on */
    String of(Catalog.Entry entry) {
        FutureTask<String> answer = ask(entry);
        try {
            return answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return UNDEFINED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return UNDEFINED;
        }
    }

    /** Asks all at the same time, so that the slowest is waited for once and not each after the other. */
    void ask(Collection<Catalog.Entry> entries) {
        entries.forEach(this::ask);
    }

    private FutureTask<String> ask(Catalog.Entry entry) {
        boolean[] first = {false};
        FutureTask<String> answer = known(entry.provided().plugin()).computeIfAbsent(entry.name(), _ -> {
            first[0] = true;
            return new FutureTask<>(() -> version(entry.provided()));
        });
        if (first[0]) {
            Isolated.start("version-" + entry.name(), entry.provided().loader(), answer);
        }
        return answer;
    }

    private Map<String, FutureTask<String>> known(Plugin plugin) {
        if (plugin == null) {
            return ofStock;
        }
        synchronized (ofPlugins) {
            return ofPlugins.computeIfAbsent(plugin, _ -> new ConcurrentHashMap<>());
        }
    }

    private static String version(Provided provided) {
        try {
            Object made = provided.instantiate(Object.class);
            return made instanceof Versioned versioned ? String.valueOf(versioned.version()) : UNDEFINED;
        } catch (Throwable e) {
            // Not kept: a plugin's exception would keep the plugin in memory.
            LOG.warn("{} does not tell its version: {}", provided.className(), e.toString());
            return UNDEFINED;
        }
    }
}
