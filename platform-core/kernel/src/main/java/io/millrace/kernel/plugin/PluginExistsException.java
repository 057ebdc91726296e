package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;

/** A plugin of that name is installed already. */
public final class PluginExistsException extends PluginException {

    private static final long serialVersionUID = 1L;

    PluginExistsException(String name, String version) {
        super("plugin " + name + " is already installed in version " + version + "; update it instead, or remove it first");
    }
}
