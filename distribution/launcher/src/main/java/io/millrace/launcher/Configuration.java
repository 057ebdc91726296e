package io.millrace.launcher;

import java.util.Map;
import java.util.TreeMap;

/** Resolves this node's configuration: the declared defaults, then each source in turn. Pure. */
final class Configuration {

    private final Map<String, ConfigKey> declared;
    private final Map<String, String> values = new TreeMap<>();

    Configuration(Map<String, ConfigKey> declared) {
        this.declared = new TreeMap<>(declared);
        declared.forEach((name, key) -> values.put(name, key.defaultValue()));
    }

    /**
     * @param source how the user knows these settings, such as a file's path
     * @throws StartFailure naming the key, the source and the mend
     */
    void apply(String source, Map<String, String> settings) throws StartFailure {
        for (Map.Entry<String, String> setting : new TreeMap<>(settings).entrySet()) {
            String name = setting.getKey();
            String value = setting.getValue().strip();
            ConfigKey key = declared.get(name);
            if (key == null) {
                String nearest = NearestName.of(name, declared.keySet());
                throw new StartFailure(source + ": unknown configuration key " + name
                        + (nearest == null ? "" : "; the nearest known one is " + nearest));
            }
            if (!key.accepts(value)) {
                throw new StartFailure(source + ": " + name + "=" + value + " is not " + key.expectation() + " (" + key.description() + ")");
            }
            values.put(name, value);
        }
    }

    Map<String, String> values() {
        return Map.copyOf(values);
    }
}
