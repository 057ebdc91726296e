package io.millrace.kernel.plugin;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is to run on this node. Immutable.
 *
 * @param plugins by name
 * @param removed names of shipped plugins that an operator removed, so that the next start does not bring them back
 */
record DesiredState(SortedMap<String, StoredPlugin> plugins, SortedSet<String> removed) {

    static final DesiredState NONE = new DesiredState(new TreeMap<>(), new TreeSet<>());

    DesiredState with(StoredPlugin plugin) {
        SortedMap<String, StoredPlugin> next = new TreeMap<>(plugins);
        next.put(plugin.name(), plugin);
        SortedSet<String> stillRemoved = new TreeSet<>(removed);
        stillRemoved.remove(plugin.name());
        return new DesiredState(next, stillRemoved);
    }

    DesiredState without(String name) {
        SortedMap<String, StoredPlugin> next = new TreeMap<>(plugins);
        next.remove(name);
        SortedSet<String> nowRemoved = new TreeSet<>(removed);
        nowRemoved.add(name);
        return new DesiredState(next, nowRemoved);
    }

    boolean uses(String file) {
        return plugins.values().stream().anyMatch(plugin -> plugin.file().equals(file));
    }

    /** Plain maps, for JSON. */
    Map<String, ?> asMap() {
        return Map.of("format", 1, "plugins", plugins.values(), "removed", removed);
    }
}
