package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The places of all plugins. */
final class Slots {

    private final Map<String, PluginSlot> slots = new ConcurrentSkipListMap<>();

    interface Step<P, R> {
        R run(P given) throws PluginException, IOException;
    }

    /** One operation a plugin at a time. */
    <R> R locked(String name, Step<PluginSlot, R> step) throws PluginException {
        PluginSlot slot = slots.computeIfAbsent(name, _ -> new PluginSlot());
        slot.lock.lock();
        try {
            return step.run(slot);
        } catch (IOException e) {
            throw new PluginException(e.getMessage() == null ? "plugin " + name + ": " + e : e.getMessage(), e);
        } finally {
            slot.lock.unlock();
        }
    }

    Collection<PluginSlot> all() {
        return slots.values();
    }

    List<PluginInfo> infos() {
        return slots.values().stream().flatMap(slot -> slot.infos().stream()).toList();
    }
}
