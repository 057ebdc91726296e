package io.millrace.api.plugin;

/**
 * Runs what is inside plugins: connectors, stream jobs. Registered as a service; the plugin manager calls it, one call at a time per plugin,
 * on a thread of its own. All methods block until what they promise is true.
 */
public interface PluginHost {

    /** For messages, such as {@code connect}. */
    String name();

    /** A plugin is started and may be used. Also called for every running plugin when the host itself arrives. Must not throw. */
    void arrived(Plugin plugin);

    /**
     * First step of an update, before anything is stopped: can what runs from {@code current} run from {@code candidate}?
     *
     * @throws PluginException with the reason if not; the update then ends and {@code current} runs on, never disturbed
     */
    void validate(Plugin current, Plugin candidate) throws PluginException;

    /**
     * Moves what runs from {@code current} to {@code candidate}, positions included, and waits until it is healthy there. On return nothing
     * of {@code current} runs and no reference to it is kept.
     *
     * @throws PluginException if the candidate is not healthy; then everything runs from {@code current} again and nothing of the candidate does
     */
    void handOver(Plugin current, Plugin candidate) throws PluginException;

    /** Stops what runs from the plugin and forgets it. On return nothing of it runs. What was configured waits for the plugin to come back. */
    void withdraw(Plugin plugin);
}
