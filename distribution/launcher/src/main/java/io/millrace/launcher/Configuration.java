package io.millrace.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Resolves this node's configuration: the declared defaults, then each source in turn. Pure. */
final class Configuration {

    private static final String FAMILY = ".*";

    private final Map<String, ConfigKey> declared;
    private final ForeignKeys foreign;
    private final Map<String, String> values = new TreeMap<>();
    private final Set<String> given = new TreeSet<>();
    private final List<String> warnings = new ArrayList<>();

    Configuration(Map<String, ConfigKey> declared) {
        this(declared, ForeignKeys.NONE);
    }

    Configuration(Map<String, ConfigKey> declared, ForeignKeys foreign) {
        this.declared = new TreeMap<>(declared);
        this.foreign = foreign;
        declared.forEach((name, key) -> {
            if (!name.endsWith(FAMILY)) {
                values.put(name, key.defaultValue());
            }
        });
    }

    /**
     * @param source how the user knows these settings, such as a file's path
     * @throws StartFailure naming the keys, the source and the mends, a line each
     */
    void apply(String source, Map<String, String> settings) throws StartFailure {
        List<String> ignored = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        for (Map.Entry<String, String> setting : new TreeMap<>(settings).entrySet()) {
            String name = setting.getKey();
            String value = setting.getValue().strip();
            ConfigKey key = declared.get(name);
            if (key == null && foreign.isIgnored(name)) {
                ignored.add(name);
                continue;
            }
            if (key == null && foreign.mend(name) != null) {
                refused.add(source + ": " + name + " has no effect here: " + foreign.mend(name));
                continue;
            }
            if (key == null) {
                key = family(name);
            }
            if (key == null) {
                String nearest = NearestName.of(name, declared.keySet());
                refused.add(source + ": unknown configuration key " + name + (nearest == null ? "" : "; the nearest known one is " + nearest));
                continue;
            }
            if (!key.accepts(value)) {
                refused.add(source + ": " + name + "=" + value + " is not " + key.expectation() + " (" + key.description() + ")");
                continue;
            }
            values.put(name, value);
            given.add(name);
        }
        if (!refused.isEmpty()) {
            throw new StartFailure(String.join("\n", refused));
        }
        if (!ignored.isEmpty()) {
            warnings.add(source + ": these keys of Kafka have no meaning here and are ignored (docs/configuration.md says why): " + String.join(", ", ignored));
        }
    }

    /** A declaration that ends in {@code .*} is of all keys that begin so and that nobody else knows. */
    private ConfigKey family(String name) {
        ConfigKey family = null;
        for (int dot = name.lastIndexOf('.'); family == null && dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
            family = declared.get(name.substring(0, dot) + FAMILY);
        }
        return family;
    }

    /** The keys that a source gave. */
    Set<String> given() {
        return given;
    }

    /** What the user should know, in the order of sources. */
    List<String> warnings() {
        return warnings;
    }

    Map<String, String> values() {
        return Map.copyOf(values);
    }
}
