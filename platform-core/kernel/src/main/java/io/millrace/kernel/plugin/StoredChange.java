package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginChange;
import java.time.Instant;

/**
 * A line of a plugin's history.
 *
 * @param atMs   since the epoch
 * @param plugin the version it is about, so that it can be brought back while its file is kept
 */
record StoredChange(PluginChange.Kind kind, long atMs, String detail, StoredPlugin plugin) {

    PluginChange shown(boolean kept) {
        return new PluginChange(plugin.name(), plugin.version(), kind, Instant.ofEpochMilli(atMs), detail, kept);
    }
}
