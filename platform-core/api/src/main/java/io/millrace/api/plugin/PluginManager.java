package io.millrace.api.plugin;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Installs, updates and removes plugins while everything else runs. A service of the kernel. Thread-safe; operations on one plugin are serial. */
public interface PluginManager {

    /**
     * Stages the file, checks what vouches for it, wraps it if it is a plain Kafka Connect plugin (jar, zip, tar.gz or folder), resolves it,
     * starts it and tells the hosts. Durable on return: it starts again with the node.
     *
     * @throws PluginException naming what is wrong; nothing is left installed
     */
    PluginInfo install(Delivery delivery) throws PluginException;

    /**
     * Installs the file as one more version of its plugin, for connectors that ask for that version. The others keep theirs. Durable on return.
     *
     * @throws PluginException naming what is wrong, such as that very version running already; nothing has changed then
     */
    PluginInfo installBeside(Delivery delivery) throws PluginException;

    /**
     * Installs the file beside the running version, validates, hands over, removes the old one; on failure the old one runs on.
     * Durable on return.
     */
    PluginInfo update(String name, Delivery delivery) throws PluginException;

    /**
     * Updates to a version that ran before and is still kept, or brings back one that was removed.
     *
     * @param version the version to go back to, or null for the one before
     */
    PluginInfo rollback(String name, String version) throws PluginException;

    /** Removes all versions of a plugin. */
    void remove(String name) throws PluginException;

    /** Removes one version that was installed beside the current one. */
    void remove(String name, String version) throws PluginException;

    /** All plugins, including those that failed to start, by name and then the current version first. */
    List<PluginInfo> list();

    /** What has happened to a plugin, the latest first; empty if it was never here. Bounded: the oldest changes are forgotten. */
    List<PluginChange> history(String name) throws PluginException;

    /**
     * Steps of operations, the oldest first. Those of the past are kept in memory for a while and forgotten at a restart.
     *
     * @param after sequence number of the last event known, 0 for all that are left
     * @param wait  how long to block for news if there is none yet
     */
    List<PluginEvent> events(long after, Duration wait) throws InterruptedException;

    default PluginInfo install(Path file) throws PluginException {
        return install(Delivery.of(file));
    }

    default PluginInfo update(String name, Path file) throws PluginException {
        return update(name, Delivery.of(file));
    }

    /**
     * @param state   what it is doing
     * @param detail  why it failed, or empty
     * @param current whether it is what those get that name no version
     */
    record PluginInfo(String name, String version, State state, String detail, boolean current) {

        public PluginInfo(String name, String version, State state, String detail) {
            this(name, version, state, detail, true);
        }
    }

    enum State { ACTIVE, UPDATING, FAILED }
}
