package io.millrace.api.plugin;

/** A plugin cannot be installed, started, handed over or removed; the message names the plugin, the reason and the mend. */
public class PluginException extends Exception {

    private static final long serialVersionUID = 1L;

    public PluginException(String message) {
        super(message);
    }

    public PluginException(String message, Throwable cause) {
        super(message, cause);
    }
}
