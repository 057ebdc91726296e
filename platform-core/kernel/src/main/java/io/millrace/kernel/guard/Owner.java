package io.millrace.kernel.guard;

import io.millrace.api.plugin.Plugin;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleReference;

/** Whose a class is, for messages. */
final class Owner {

    private Owner() {}

    static String of(Class<?> type) {
        if (!(type.getClassLoader() instanceof BundleReference reference)) {
            return "class " + type.getName();
        }
        Bundle bundle = reference.getBundle();
        String plugin = bundle.getHeaders().get(Plugin.NAME_HEADER);
        return plugin == null ? "bundle " + bundle.getSymbolicName() : "plugin " + plugin + " " + bundle.getVersion();
    }
}
