package io.millrace.api.plugin;

import java.util.List;

/**
 * One started version of a plugin bundle. Instances are compared by identity; several versions of one plugin may be alive side by side.
 */
public interface Plugin {

    /** Manifest header that makes a bundle a plugin and names it. */
    String NAME_HEADER = "Millrace-Plugin";

    /** Shared by the versions of one plugin, unique otherwise. */
    String name();

    /** The bundle's version. */
    String version();

    /**
     * Whether connectors and jobs that name no version run from this one; false for a version installed beside it. Changes during the life
     * of a plugin.
     */
    default boolean current() {
        return true;
    }

    /**
     * Sees the plugin's own classes first, then everything kafka-api exports by any name; its {@code META-INF/services} are the plugin's
     * only. Is what {@link PluginScope} makes the thread's context class loader.
     */
    ClassLoader classLoader();

    /**
     * Names of the classes that the plugin provides for a service type, from {@code META-INF/services} and, for Kafka Connect's types, from
     * a scan where service files are missing. No class is loaded.
     */
    List<String> providers(String serviceType);

    /** Loads a class by name. Call within {@link PluginScope#of}. */
    default Class<?> load(String className) throws ClassNotFoundException {
        return Class.forName(className, true, classLoader());
    }
}
