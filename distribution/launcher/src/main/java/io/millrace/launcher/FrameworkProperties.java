package io.millrace.launcher;

import java.io.File;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.osgi.framework.Constants;

/** What the OSGi framework is started with. Bundles find the node's configuration among it. */
final class FrameworkProperties {

    private static final String SLF4J = slf4j("2.0.20") + "," + slf4j("1.7.36");

    private FrameworkProperties() {
    }

    /** @param cache where the framework may keep its files, anew with every start */
    static Map<String, Object> of(Options options, Configuration configuration, Path cache, int highestLevel) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(Constants.FRAMEWORK_STORAGE, cache.toString());
        // What is installed is told by the system folder and the plugin store; the cache is disposable.
        properties.put(Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
        // A bundle sees what it imports, and not also what is on the launcher's class path whenever the JDK asks on its behalf.
        properties.put("felix.bootdelegation.implicit", "false");
        properties.put("felix.cache.locking", "false");
        properties.put("felix.service.urlhandlers", "false");
        properties.put("felix.log.logger", new FrameworkLog());
        properties.put("felix.log.level", "2");
        properties.put(Constants.FRAMEWORK_BEGINNING_STARTLEVEL, Integer.toString(highestLevel));
        // Two versions of a plugin live side by side during an update.
        properties.put(Constants.FRAMEWORK_BSNVERSION, Constants.FRAMEWORK_BSNVERSION_MULTIPLE);
        properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SLF4J);
        properties.put("millrace.home", options.home().toString());
        properties.put("millrace.data", options.data().toString());
        properties.put("millrace.etc", options.etc().toString());
        properties.put("millrace.extra.plugins",
                options.plugins().stream().map(folder -> folder.toAbsolutePath().toString()).collect(Collectors.joining(File.pathSeparator)));
        configuration.values().forEach((key, value) -> properties.put("millrace.config." + key, value));
        if (!configuration.given().isEmpty()) {
            properties.put("millrace.given.keys", String.join(",", configuration.given()));
        }
        return properties;
    }

    private static String slf4j(String version) {
        return List.of("", ".event", ".helpers", ".spi").stream().map(part -> "org.slf4j" + part + ";version=" + version).collect(Collectors.joining(","));
    }
}
