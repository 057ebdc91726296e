package io.millrace.connect.catalog;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginScope;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** The classes that connectors may name now: those of the plugins that are here, and the stock. Thread-safe. */
public final class Catalog {

    private final CopyOnWriteArrayList<Plugin> plugins = new CopyOnWriteArrayList<>();

    public void add(Plugin plugin) {
        plugins.addIfAbsent(plugin);
    }

    public void remove(Plugin plugin) {
        plugins.remove(plugin);
    }

    /** A catalog in which the candidate stands in the current plugin's place; this one stays as it is. */
    public Catalog with(Plugin current, Plugin candidate) {
        Catalog other = new Catalog();
        plugins.stream().filter(plugin -> plugin != current).forEach(other::add);
        other.add(candidate);
        return other;
    }

    /** One class of a kind. */
    public record Entry(Kind kind, Provided provided, String name) {}

    public List<Entry> entries(Set<Kind> kinds) {
        List<Entry> entries = new ArrayList<>();
        for (Kind kind : kinds) {
            for (String name : Stock.classes(kind)) {
                entries.add(new Entry(kind, new Provided(null, Stock.implementation(name)), name));
            }
            for (Plugin plugin : plugins) {
                for (String name : new LinkedHashSet<>(plugin.providers(kind.serviceTypes().getFirst()))) {
                    entries.add(new Entry(kind, new Provided(plugin, name), name));
                }
            }
        }
        return entries;
    }

    /**
     * @param name a class name in full, or an alias
     * @throws AmbiguousAliasException if an alias means several classes
     */
    public Optional<Entry> find(Set<Kind> kinds, String name) {
        List<Entry> entries = entries(kinds);
        for (Entry entry : entries) {
            if (entry.name().equals(name)) {
                return Optional.of(entry);
            }
        }
        List<Entry> meant = entries.stream().filter(entry -> entry.kind().means(name, entry.name())).toList();
        Set<String> classes = new LinkedHashSet<>();
        meant.forEach(entry -> classes.add(entry.name()));
        if (classes.size() > 1) {
            throw new AmbiguousAliasException(name, classes);
        }
        if (!meant.isEmpty()) {
            return Optional.of(meant.getFirst());
        }
        return undeclared(kinds, name);
    }

    /** A class that a plugin has but no service file of it names; transformations of older plugins are like that. */
    private Optional<Entry> undeclared(Set<Kind> kinds, String name) {
        if (name.indexOf('.') < 0) {
            return Optional.empty();
        }
        for (Plugin plugin : plugins) {
            try (var _ = PluginScope.of(plugin)) {
                Class<?> loaded = Class.forName(name, false, plugin.classLoader());
                for (Kind kind : kinds) {
                    Class<?> type = Class.forName(kind.serviceTypes().getFirst(), false, Stock.LOADER);
                    if (type.isAssignableFrom(loaded)) {
                        return Optional.of(new Entry(kind, new Provided(plugin, name), name));
                    }
                }
            } catch (ClassNotFoundException | LinkageError e) {
                continue;
            }
        }
        return Optional.empty();
    }

    /** An alias that means several classes. */
    public static final class AmbiguousAliasException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        AmbiguousAliasException(String alias, Set<String> classes) {
            super("More than one class is meant by " + alias + ": " + String.join(", ", classes) + "; name one in full");
        }
    }
}
