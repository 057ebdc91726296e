package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginEvent.Step;

/** An operation under way, as its watchers see it. Used by one thread. */
final class Operation {

    private final PluginEventLog log;
    private final String tag;
    private final long began = System.nanoTime();
    private String plugin;
    private String version = "";

    /** @param plugin its name, or what stands for it until that is known */
    Operation(PluginEventLog log, String tag, String plugin) {
        this.log = log;
        this.tag = tag;
        this.plugin = plugin;
    }

    void about(String name, String newVersion) {
        plugin = name;
        version = newVersion;
    }

    void step(Step step) {
        step(step, "");
    }

    void step(Step step, String detail) {
        log.add(tag, plugin, version, step, detail, PluginEventLog.millisSince(began));
    }
}
