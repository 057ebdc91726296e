package io.millrace.api.plugin;

import java.nio.file.Path;
import java.util.List;

/** Installs, updates and removes plugins while everything else runs. A service of the kernel. Thread-safe; operations on one plugin are serial. */
public interface PluginManager {

    /**
     * Stages the file, wraps it if it is a plain Kafka Connect plugin (jar, zip, tar.gz or folder), resolves it, starts it and tells the hosts.
     * Durable on return: it starts again with the node.
     *
     * @throws PluginException naming what is wrong; nothing is left installed
     */
    PluginInfo install(Path file) throws PluginException;

    /**
     * Installs the file beside the running version, validates, hands over, removes the old one; on failure the old one runs on.
     * Durable on return.
     */
    PluginInfo update(String name, Path file) throws PluginException;

    void remove(String name) throws PluginException;

    /** All plugins, including those that failed to start, by name. */
    List<PluginInfo> list();

    /**
     * @param state  what it is doing
     * @param detail why it failed, or empty
     */
    record PluginInfo(String name, String version, State state, String detail) {}

    enum State { ACTIVE, UPDATING, FAILED }
}
