package io.millrace.connect.catalog;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** The classes that connectors may name now: those of the plugins that are here, and the stock. Thread-safe. */
public final class Catalog {

    private final CopyOnWriteArrayList<Plugin> plugins;
    private final ClassVersions versions;
    /** Whose classes are taken first, or null. */
    private final Plugin home;

    public Catalog() {
        this(new CopyOnWriteArrayList<>(), new ClassVersions(), null);
    }

    private Catalog(CopyOnWriteArrayList<Plugin> plugins, ClassVersions versions, Plugin home) {
        this.plugins = plugins;
        this.versions = versions;
        this.home = home;
    }

    public void add(Plugin plugin) {
        plugins.addIfAbsent(plugin);
    }

    public void remove(Plugin plugin) {
        plugins.remove(plugin);
    }

    /** A catalog in which the candidate stands in the current plugin's place; this one stays as it is. */
    public Catalog with(Plugin current, Plugin candidate) {
        Catalog other = new Catalog(new CopyOnWriteArrayList<>(), versions, home);
        other.add(candidate);
        plugins.stream().filter(plugin -> plugin != current).forEach(other::add);
        return other;
    }

    /** This catalog as a connector of that plugin sees it: what its own plugin has comes first where no version is asked for. */
    public Catalog at(Plugin connectors) {
        return new Catalog(plugins, versions, connectors);
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

    /** What the class says is its version, {@link ClassVersions#UNDEFINED} if it does not. Runs its constructor when asked for the first time. */
    public String version(Entry entry) {
        return versions.of(entry);
    }

    /** Begins to find out, for all at the same time, what {@link #version} is going to be asked. */
    public void askVersions(Collection<Entry> entries) {
        versions.ask(entries);
    }

    /** As {@link #find(Set, String, VersionRequirement)} where any version will do. */
    public Optional<Entry> find(Set<Kind> kinds, String name) {
        return find(kinds, name, VersionRequirement.NONE);
    }

    /**
     * @param name a class name in full, or an alias
     * @return empty if there is no such class in any version
     * @throws LookupException if an alias means several classes, or no version of the class is as required
     */
    public Optional<Entry> find(Set<Kind> kinds, String name, VersionRequirement version) {
        List<Entry> meant = meant(kinds, name);
        return meant.isEmpty() ? Optional.empty() : Optional.of(version.isNone() ? usual(meant) : best(meant, version));
    }

    /** The versions in which the class is here, the highest first. */
    public List<String> versions(Set<Kind> kinds, String name) {
        return meant(kinds, name).stream().map(this::comparable).map(PluginVersion::new).distinct().sorted(Comparator.reverseOrder())
                .map(PluginVersion::toString).toList();
    }

    /** All versions of the one class that is meant. */
    private List<Entry> meant(Set<Kind> kinds, String name) {
        List<Entry> entries = entries(kinds);
        List<Entry> exactly = entries.stream().filter(entry -> entry.name().equals(name)).toList();
        if (!exactly.isEmpty()) {
            return exactly;
        }
        List<Entry> meant = entries.stream().filter(entry -> entry.kind().means(name, entry.name())).toList();
        Set<String> classes = new LinkedHashSet<>();
        meant.forEach(entry -> classes.add(entry.name()));
        if (classes.size() > 1) {
            throw new AmbiguousAliasException(name, classes);
        }
        return meant.isEmpty() ? undeclared(kinds, name) : meant;
    }

    private Entry usual(List<Entry> meant) {
        for (Entry entry : meant) {
            if (home != null && entry.provided().plugin() == home) {
                return entry;
            }
        }
        for (Entry entry : meant) {
            if (entry.provided().plugin() == null || entry.provided().plugin().current()) {
                return entry;
            }
        }
        return meant.getFirst();
    }

    private Entry best(List<Entry> meant, VersionRequirement version) {
        versions.ask(meant);
        return meant.stream().filter(entry -> version.accepts(comparable(entry)))
                .max(Comparator.comparing(entry -> new PluginVersion(comparable(entry))))
                .orElseThrow(() -> new NoSuchVersionException(meant.getFirst().name(), version,
                        meant.stream().map(this::comparable).distinct().toList()));
    }

    /** Classes that do not say their version have that of their plugin. */
    private String comparable(Entry entry) {
        String said = versions.of(entry);
        return said.equals(ClassVersions.UNDEFINED) && entry.provided().plugin() != null ? entry.provided().plugin().version() : said;
    }

    /** A class that a plugin has but no service file of it names; transformations of older plugins are like that. */
    private List<Entry> undeclared(Set<Kind> kinds, String name) {
        List<Entry> found = new ArrayList<>();
        if (name.indexOf('.') < 0) {
            return found;
        }
        for (Plugin plugin : plugins) {
            try (var _ = PluginScope.of(plugin)) {
                Class<?> loaded = Class.forName(name, false, plugin.classLoader());
                for (Kind kind : kinds) {
                    Class<?> type = Class.forName(kind.serviceTypes().getFirst(), false, Stock.LOADER);
                    if (type.isAssignableFrom(loaded)) {
                        found.add(new Entry(kind, new Provided(plugin, name), name));
                        break;
                    }
                }
            } catch (ClassNotFoundException | LinkageError e) {
                continue;
            }
        }
        return found;
    }

    /** A name that does not lead to one class, though there are classes of it. */
    public abstract static sealed class LookupException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private LookupException(String message) {
            super(message);
        }
    }

    /** An alias that means several classes. */
    public static final class AmbiguousAliasException extends LookupException {

        private static final long serialVersionUID = 1L;

        private AmbiguousAliasException(String alias, Set<String> classes) {
            super("More than one class is meant by " + alias + ": " + String.join(", ", classes) + "; name one in full");
        }
    }

    /** No version of the class is as required. */
    public static final class NoSuchVersionException extends LookupException {

        private static final long serialVersionUID = 1L;

        private NoSuchVersionException(String name, VersionRequirement version, Collection<String> there) {
            super("no version of " + name + " is as required by '" + version + "', there is " + String.join(", ", there)
                    + "; install one beside, or change the requirement");
        }
    }
}
