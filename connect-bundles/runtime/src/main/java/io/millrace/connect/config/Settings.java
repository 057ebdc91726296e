package io.millrace.connect.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigValue;

/** The settings of a configuration that is being looked through, in the order in which they are defined. Confined to one thread. */
final class Settings {

    private final Map<String, ConfigKey> keys = new LinkedHashMap<>();
    private final Map<String, ConfigValue> values = new LinkedHashMap<>();

    /** Takes a definition in, with what it makes of the configuration. */
    void define(ConfigDef def, Map<String, String> config) {
        define(def.configKeys().values(), def.validate(config));
    }

    /** What is known already keeps its place and its errors. */
    void define(Collection<ConfigKey> defined, Collection<ConfigValue> found) {
        defined.forEach(key -> keys.put(key.name, key));
        Map<String, ConfigValue> byName = new LinkedHashMap<>();
        found.forEach(value -> byName.put(value.name(), value));
        defined.forEach(key -> take(byName.remove(key.name)));
        byName.values().forEach(this::take);
    }

    private void take(ConfigValue value) {
        if (value != null) {
            ConfigValue before = values.put(value.name(), value);
            if (before != null) {
                before.errorMessages().stream().filter(error -> !value.errorMessages().contains(error)).forEach(value::addErrorMessage);
            }
        }
    }

    ConfigValue value(String key) {
        return values.get(key);
    }

    /** A class and which version of it is used if none is asked for. */
    void standard(String key, String version, List<String> all) {
        ConfigKey old = keys.get(key);
        keys.put(key, new ConfigKey(old.name, old.type, version, old.validator, old.importance, old.documentation, old.group, old.orderInGroup, old.width,
                old.displayName, old.dependents, old.recommender, old.internalConfig));
        ConfigValue value = values.get(key);
        value.recommendedValues(new ArrayList<>(all));
        if (value.value() == null) {
            value.value(version);
        }
    }

    /** @param raw values as they were given: secrets must not come out of their variables */
    List<Validation.Setting> list(Map<String, String> raw, Variables variables) {
        List<Validation.Setting> list = new ArrayList<>();
        values.forEach((key, value) -> {
            if (variables.areIn(raw.get(key))) {
                value.value(raw.get(key));
            }
            list.add(new Validation.Setting(keys.get(key), value));
        });
        return list;
    }
}
