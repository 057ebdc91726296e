package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/** The place of one plugin, whatever versions of it are in there. Whoever changes it holds {@link #lock}. */
final class PluginSlot {

    final ReentrantLock lock = new ReentrantLock();

    /** The started current version, or null. */
    private BundlePlugin current;
    /** Further started versions. */
    private final SortedMap<String, BundlePlugin> beside = new TreeMap<>();

    private PluginInfo info;
    private final SortedMap<String, PluginInfo> besideInfos = new TreeMap<>();
    /** For whoever lists plugins while an operation goes on. */
    private volatile List<PluginInfo> published = List.of();

    BundlePlugin current() {
        return current;
    }

    BundlePlugin beside(String version) {
        return beside.get(version);
    }

    /** All started versions. */
    List<BundlePlugin> running() {
        List<BundlePlugin> all = new ArrayList<>();
        if (current != null) {
            all.add(current);
        }
        all.addAll(beside.values());
        return all;
    }

    /** Of the current version; null while there is none. */
    PluginInfo info() {
        return info;
    }

    List<PluginInfo> infos() {
        return published;
    }

    void run(BundlePlugin plugin) {
        plugin.current(true);
        current = plugin;
        beside.remove(plugin.version(), plugin);
        besideInfos.remove(plugin.version());
        info = new PluginInfo(plugin.name(), plugin.version(), State.ACTIVE, "");
        publish();
    }

    void runBeside(BundlePlugin plugin) {
        plugin.current(false);
        beside.put(plugin.version(), plugin);
        besideInfos.put(plugin.version(), new PluginInfo(plugin.name(), plugin.version(), State.ACTIVE, "", false));
        publish();
    }

    void removeBeside(String version) {
        beside.remove(version);
        besideInfos.remove(version);
        publish();
    }

    void updating() {
        if (info != null) {
            info = new PluginInfo(info.name(), info.version(), State.UPDATING, "");
            publish();
        }
    }

    /** @return false if just this was known already */
    boolean fail(String name, String version, String detail) {
        PluginInfo failed = new PluginInfo(name, version, State.FAILED, detail);
        boolean news = !failed.equals(info);
        info = failed;
        publish();
        return news;
    }

    /** @return false if just this was known already */
    boolean failBeside(String name, String version, String detail) {
        PluginInfo failed = new PluginInfo(name, version, State.FAILED, detail, false);
        boolean news = !failed.equals(besideInfos.put(version, failed));
        publish();
        return news;
    }

    void restore(PluginInfo previous) {
        info = previous;
        publish();
    }

    void empty() {
        current = null;
        beside.clear();
        info = null;
        besideInfos.clear();
        publish();
    }

    private void publish() {
        List<PluginInfo> all = new ArrayList<>();
        if (info != null) {
            all.add(info);
        }
        all.addAll(besideInfos.values());
        published = List.copyOf(all);
    }
}
