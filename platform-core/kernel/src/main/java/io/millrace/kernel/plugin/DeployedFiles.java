package io.millrace.kernel.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Decides from looks at a folder what there is to do. A file counts when two looks in a row see it the same, so that nothing is taken that is
 * still being copied; it is gone when two looks miss it. Used by one thread.
 */
final class DeployedFiles {

    /** What a look sees of a file; a folder's is that of all its files together. */
    record Sight(long size, long modifiedMs) {}

    /** @param plugin what came of it, or empty if nothing did, or if another file has replaced it */
    record Deployed(Sight sight, String plugin) {}

    /**
     * @param arrived new or changed files, by name
     * @param gone    files that are away
     */
    record ToDo(List<String> arrived, List<String> gone) {}

    private final SortedMap<String, Deployed> deployed = new TreeMap<>();
    private Map<String, Sight> lastLook = Map.of();

    /** @param known from an earlier process */
    DeployedFiles(Map<String, Deployed> known) {
        deployed.putAll(known);
        known.forEach((file, entry) -> lastLook = with(lastLook, file, entry.sight()));
    }

    private static Map<String, Sight> with(Map<String, Sight> look, String file, Sight sight) {
        Map<String, Sight> more = new TreeMap<>(look);
        more.put(file, sight);
        return more;
    }

    ToDo look(Map<String, Sight> now) {
        List<String> arrived = new ArrayList<>();
        now.forEach((file, sight) -> {
            Deployed before = deployed.get(file);
            if (sight.equals(lastLook.get(file)) && (before == null || !before.sight().equals(sight))) {
                arrived.add(file);
            }
        });
        List<String> gone = deployed.keySet().stream().filter(file -> !now.containsKey(file) && !lastLook.containsKey(file)).toList();
        lastLook = Map.copyOf(now);
        return new ToDo(arrived, gone);
    }

    /** The file was dealt with as it was in the last look. An older file of the same plugin has no say any more. */
    void done(String file, String plugin) {
        if (!plugin.isEmpty()) {
            deployed.replaceAll((other, entry) -> entry.plugin().equals(plugin) ? new Deployed(entry.sight(), "") : entry);
        }
        deployed.put(file, new Deployed(lastLook.get(file), plugin));
    }

    /** @return the plugin that came of it, or empty */
    String forget(String file) {
        return deployed.remove(file).plugin();
    }

    Map<String, Deployed> all() {
        return deployed;
    }
}
