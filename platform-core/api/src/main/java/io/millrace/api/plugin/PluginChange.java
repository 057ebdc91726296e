package io.millrace.api.plugin;

import java.time.Instant;

/**
 * Something that happened to a plugin on this node.
 *
 * @param version the version it is about
 * @param detail  the version it replaced, or why it failed; may be empty
 * @param kept    whether {@link PluginManager#rollback} can bring that version back
 */
public record PluginChange(String name, String version, Kind kind, Instant at, String detail, boolean kept) {

    /** {@link #REFUSED} is an update or roll-back that failed and left the old version running. */
    public enum Kind { INSTALLED, INSTALLED_BESIDE, UPDATED, ROLLED_BACK, REMOVED, REFUSED }
}
