package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;

/** No plugin of that name is installed. */
public final class UnknownPluginException extends PluginException {

    private static final long serialVersionUID = 1L;

    UnknownPluginException(String name) {
        super("plugin " + name + " is not installed; GET /plugins or 'millrace plugin list' names those that are");
    }
}
