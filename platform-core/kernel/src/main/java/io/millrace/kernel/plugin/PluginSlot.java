package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginHost;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The place of one plugin, whatever version of it is in there. Whoever changes it holds {@link #lock}. */
final class PluginSlot {

    final ReentrantLock lock = new ReentrantLock();

    /** Hosts that know {@link #running}. A host that leaves is taken out without the lock. */
    final Set<PluginHost> told = ConcurrentHashMap.newKeySet();

    /** The started version, or null. */
    private BundlePlugin running;

    /** Published for whoever lists plugins while an operation goes on; null while nothing is in here. */
    private volatile PluginInfo info;

    BundlePlugin running() {
        return running;
    }

    PluginInfo info() {
        return info;
    }

    void run(BundlePlugin plugin) {
        running = plugin;
        info = new PluginInfo(plugin.name(), plugin.version(), State.ACTIVE, "");
    }

    void updating() {
        if (info != null) {
            info = new PluginInfo(info.name(), info.version(), State.UPDATING, "");
        }
    }

    /** @return false if just this was known already */
    boolean fail(String name, String version, String detail) {
        PluginInfo failed = new PluginInfo(name, version, State.FAILED, detail);
        boolean news = !failed.equals(info);
        info = failed;
        return news;
    }

    void restore(PluginInfo previous) {
        info = previous;
    }

    void empty() {
        running = null;
        told.clear();
        info = null;
    }
}
