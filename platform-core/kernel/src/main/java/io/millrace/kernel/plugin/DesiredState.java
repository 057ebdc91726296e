package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginChange.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What is to run on this node, and what ran before. Immutable.
 *
 * @param plugins the current version of each plugin, by name
 * @param beside  further versions that run beside the current ones
 * @param removed names of shipped plugins that an operator removed, so that the next start does not bring them back
 * @param history of each plugin, the oldest change first
 */
record DesiredState(SortedMap<String, StoredPlugin> plugins, List<StoredPlugin> beside, SortedSet<String> removed,
        SortedMap<String, List<StoredChange>> history) {

    static final DesiredState NONE = new DesiredState(new TreeMap<>(), List.of(), new TreeSet<>(), new TreeMap<>());
    private static final int LONGEST_HISTORY = 50;

    /** With the plugin as the current version of its name. */
    DesiredState with(StoredPlugin plugin, Kind kind, long nowMs) {
        SortedMap<String, StoredPlugin> next = new TreeMap<>(plugins);
        StoredPlugin replaced = next.put(plugin.name(), plugin);
        SortedSet<String> stillRemoved = new TreeSet<>(removed);
        stillRemoved.remove(plugin.name());
        List<StoredPlugin> others = new ArrayList<>(beside);
        others.remove(plugin);
        return new DesiredState(next, List.copyOf(others), stillRemoved, history)
                .noting(new StoredChange(kind, nowMs, replaced == null ? "" : "replaces " + replaced.version(), plugin));
    }

    DesiredState withBeside(StoredPlugin plugin, long nowMs) {
        List<StoredPlugin> others = new ArrayList<>(beside);
        others.add(plugin);
        return new DesiredState(plugins, List.copyOf(others), removed, history)
                .noting(new StoredChange(Kind.INSTALLED_BESIDE, nowMs, "", plugin));
    }

    DesiredState without(String name, long nowMs) {
        SortedMap<String, StoredPlugin> next = new TreeMap<>(plugins);
        StoredPlugin gone = next.remove(name);
        SortedSet<String> nowRemoved = new TreeSet<>(removed);
        nowRemoved.add(name);
        DesiredState rest = new DesiredState(next, beside.stream().filter(plugin -> !plugin.name().equals(name)).toList(), nowRemoved, history);
        return gone == null ? rest : rest.noting(new StoredChange(Kind.REMOVED, nowMs, "", gone));
    }

    DesiredState withoutBeside(StoredPlugin plugin, long nowMs) {
        return new DesiredState(plugins, beside.stream().filter(other -> !other.equals(plugin)).toList(), removed, history)
                .noting(new StoredChange(Kind.REMOVED, nowMs, "", plugin));
    }

    DesiredState noting(StoredChange change) {
        SortedMap<String, List<StoredChange>> next = new TreeMap<>(history);
        List<StoredChange> changes = new ArrayList<>(next.getOrDefault(change.plugin().name(), List.of()));
        changes.add(change);
        next.put(change.plugin().name(), List.copyOf(changes.subList(Math.max(0, changes.size() - LONGEST_HISTORY), changes.size())));
        return new DesiredState(plugins, beside, removed, next);
    }

    Optional<StoredPlugin> version(String name, String version) {
        StoredPlugin current = plugins.get(name);
        return current != null && current.version().equals(version) ? Optional.of(current)
                : beside.stream().filter(plugin -> plugin.name().equals(name) && plugin.version().equals(version)).findFirst();
    }

    /**
     * Versions that a roll-back can bring back, the latest that ran first. Builds are told apart by their content: two of one version are two.
     *
     * @param most how many of each plugin
     */
    List<StoredPlugin> kept(String name, int most) {
        List<StoredPlugin> kept = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        StoredPlugin current = plugins.get(name);
        if (current != null) {
            seen.add(current.file());
        }
        for (StoredChange change : history.getOrDefault(name, List.of()).reversed()) {
            // What was refused never ran.
            if (kept.size() < most && change.kind() != Kind.REFUSED && seen.add(change.plugin().file())) {
                kept.add(change.plugin());
            }
        }
        return kept;
    }

    boolean uses(String file, int kept) {
        return plugins.values().stream().anyMatch(plugin -> plugin.file().equals(file)) || beside.stream().anyMatch(plugin -> plugin.file().equals(file))
                || history.keySet().stream().anyMatch(name -> kept(name, kept).stream().anyMatch(plugin -> plugin.file().equals(file)));
    }

    /** Plain maps, for JSON. */
    Map<String, ?> asMap() {
        return Map.of("format", 1, "plugins", plugins.values(), "beside", beside, "removed", removed, "history", history);
    }
}
