package io.millrace.connect;

import io.millrace.api.plugin.Plugin;
import java.util.List;
import java.util.Map;

/** A plugin whose classes are those of the tests. */
public record TestPlugin(String name, String version, Map<String, List<String>> services, boolean current) implements Plugin {

    public TestPlugin(String name, String version, Map<String, List<String>> services) {
        this(name, version, services, true);
    }

    @Override
    public ClassLoader classLoader() {
        return TestPlugin.class.getClassLoader();
    }

    @Override
    public List<String> providers(String serviceType) {
        return services.getOrDefault(serviceType, List.of());
    }
}
