package io.millrace.connect.config;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.VersionRequirement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** Checks which converters, transformations and predicates a connector is served by, and their settings. Plugins' code runs in it. */
final class ServingClasses {

    private final Catalog catalog;
    private final Map<String, String> config;
    private final Settings settings;

    ServingClasses(Catalog catalog, Map<String, String> config, Settings settings) {
        this.catalog = catalog;
        this.config = config;
        this.settings = settings;
    }

    /** The settings a class defines, or empty if it has no such definition. */
    static Optional<ConfigDef> definitionOf(Catalog.Entry entry) {
        try (var _ = PluginScope.of(entry.provided().loader())) {
            return Optional.ofNullable(switch (entry.kind()) {
                case SOURCE, SINK -> entry.provided().instantiate(Connector.class).config();
                case CONVERTER -> entry.provided().instantiate(Converter.class).config();
                case HEADER_CONVERTER -> entry.provided().instantiate(HeaderConverter.class).config();
                case TRANSFORMATION -> entry.provided().instantiate(Transformation.class).config();
                case PREDICATE -> entry.provided().instantiate(Predicate.class).config();
                case CONFIG_PROVIDER -> null;
            });
        }
    }

    /** Of a converter that the configuration names, and what its version is. */
    void converter(Kind kind, String key) {
        ConfigValue value = settings.value(key);
        if (!(value.value() instanceof String name)) {
            return;
        }
        value.recommendedValues(names(kind));
        String versionKey = key + "." + ConnectorConfig.PLUGIN_VERSION;
        Optional<Catalog.Entry> found = find(kind, key, name, versionKey);
        found.ifPresent(entry -> settings.standard(versionKey, catalog.version(entry), catalog.versions(EnumSet.of(kind), name)));
    }

    /** A converter's own settings; the node's standard converters have no more than their standard settings. */
    void converterSettings(Kind kind, String key, String type) {
        if (config.get(key) == null || !settings.value(key).errorMessages().isEmpty()) {
            return;
        }
        try {
            Optional<Catalog.Entry> entry = catalog.find(EnumSet.of(kind), config.get(key), required(key + "." + ConnectorConfig.PLUGIN_VERSION));
            Optional<ConfigDef> own = entry.flatMap(ServingClasses::definitionOf);
            if (own.isEmpty()) {
                return;
            }
            String prefix = key + ".";
            Map<String, String> given = new HashMap<>(Map.of("converter.type", type));
            config.forEach((name, value) -> {
                if (name.startsWith(prefix)) {
                    given.put(name.substring(prefix.length()), value);
                }
            });
            List<ConfigKey> keys = new ArrayList<>();
            own.get().configKeys().values().forEach(each -> keys.add(renamed(each, prefix + each.name, each.group, each.orderInGroup)));
            List<ConfigValue> values = new ArrayList<>();
            for (ConfigValue each : own.get().validate(given)) {
                values.add(new ConfigValue(prefix + each.name(), each.value(), each.recommendedValues(), each.errorMessages()));
            }
            settings.define(keys, values);
        } catch (ConnectException | Catalog.LookupException e) {
            settings.value(key).addErrorMessage(e.getMessage());
        }
    }

    private VersionRequirement required(String versionKey) {
        return VersionRequirement.of(settings.value(versionKey).errorMessages().isEmpty() ? config.get(versionKey) : null);
    }

    /** Says in the settings what is wrong if there is no such class, or not in the version that is asked for. */
    private Optional<Catalog.Entry> find(Kind kind, String key, String name, String versionKey) {
        ConfigValue version = settings.value(versionKey);
        if (!version.errorMessages().isEmpty()) {
            return Optional.empty();
        }
        try {
            Optional<Catalog.Entry> found = catalog.find(EnumSet.of(kind), name, required(versionKey));
            if (found.isEmpty() || hasVariants(kind, name)) {
                settings.value(key).addErrorMessage(missing(kind, key, name));
                settings.value(key).value(null);
                return Optional.empty();
            }
            return found;
        } catch (Catalog.NoSuchVersionException e) {
            version.addErrorMessage(e.getMessage());
            version.recommendedValues(new ArrayList<>(catalog.versions(EnumSet.of(kind), name)));
        } catch (Catalog.LookupException e) {
            settings.value(key).addErrorMessage(e.getMessage());
        }
        return Optional.empty();
    }

    /** Such as HoistField, of which HoistField$Key and HoistField$Value can be used and itself cannot. */
    private boolean hasVariants(Kind kind, String name) {
        return names(kind).stream().anyMatch(each -> each.toString().startsWith(name + "$"));
    }

    private String missing(Kind kind, String key, String name) {
        if (hasVariants(kind, name)) {
            return "This class is abstract and cannot be created. Did you mean "
                    + String.join(", ", names(kind).stream().map(Object::toString).filter(each -> each.startsWith(name + "$")).sorted().toList()) + "?";
        }
        try {
            Optional<Catalog.Entry> other = catalog.find(Kind.OF_CONNECTORS, name);
            if (other.isPresent()) {
                return "Class class " + other.get().name() + " does not implement the " + kind.type() + " interface";
            }
        } catch (Catalog.LookupException e) {
            return e.getMessage();
        }
        return new ConfigException(key, name, "Class " + name + " could not be found.").getMessage();
    }

    private List<Object> names(Kind kind) {
        return new ArrayList<>(new LinkedHashSet<Object>(catalog.entries(Set.of(kind)).stream().map(Catalog.Entry::name).sorted().toList()));
    }

    /** Of all transformations or predicates whose aliases are in a list. */
    void aliased(Kind kind, String listKey) {
        if (!(settings.value(listKey).value() instanceof List<?> aliases)) {
            return;
        }
        if (new LinkedHashSet<>(aliases).size() < aliases.size()) {
            settings.value(listKey).addErrorMessage(new ConfigException(listKey, aliases, "Duplicate alias provided.").getMessage());
        }
        new LinkedHashSet<>(aliases).forEach(alias -> aliased(kind, listKey, alias.toString()));
    }

    private void aliased(Kind kind, String listKey, String alias) {
        String prefix = listKey + "." + alias + ".";
        String group = Character.toUpperCase(listKey.charAt(0)) + listKey.substring(1) + ": " + alias;
        String what = Character.toUpperCase(kind.word().charAt(0)) + kind.word().substring(1);
        ConfigDef def = new ConfigDef()
                .define(prefix + "type", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, Importance.HIGH, "Class of the " + kind.word() + " " + alias + ".",
                        group, 0, Width.LONG, what + " type for " + alias)
                .define(prefix + ConnectorConfig.PLUGIN_VERSION, Type.STRING, null, ConnectorConfig::checkVersion, Importance.HIGH,
                        "Version of the class to use: one, a range such as [1.0,2.0), or latest.", group, 1, Width.LONG, what + " version for " + alias);
        settings.define(def, config);
        String type = config.get(prefix + "type");
        int order = 2;
        if (type != null) {
            ConfigValue value = settings.value(prefix + "type");
            value.recommendedValues(names(kind));
            Optional<Catalog.Entry> found = find(kind, prefix + "type", type, prefix + ConnectorConfig.PLUGIN_VERSION);
            if (found.isPresent()) {
                settings.standard(prefix + ConnectorConfig.PLUGIN_VERSION, catalog.version(found.get()), catalog.versions(EnumSet.of(kind), type));
                order = own(found.get(), prefix, group, order);
            }
        }
        if (kind == Kind.TRANSFORMATION && order > 2) {
            predicateOf(prefix, group, order);
        }
    }

    /** @return the next place in the group */
    private int own(Catalog.Entry entry, String prefix, String group, int first) {
        int order = first;
        try {
            ConfigDef def = new ConfigDef();
            for (ConfigKey key : definitionOf(entry).orElseGet(ConfigDef::new).configKeys().values()) {
                def.define(renamed(key, prefix + key.name, group, order++));
            }
            settings.define(def, config);
        } catch (ConnectException e) {
            settings.value(prefix + "type").addErrorMessage(e.getMessage());
        }
        return Math.max(order, first + 1);
    }

    private void predicateOf(String prefix, String group, int order) {
        settings.define(new ConfigDef()
                .define(prefix + "negate", Type.BOOLEAN, false, Importance.MEDIUM, "Whether the predicate must be false.", group, order, Width.NONE, "negate")
                .define(prefix + "predicate", Type.STRING, null, Importance.MEDIUM, "Alias of the predicate that decides.",
                        group, order + 1, Width.NONE, "predicate"), config);
        String predicate = config.get(prefix + "predicate");
        Object predicates = settings.value(ConnectorConfig.PREDICATES).value();
        if (predicate != null && !(predicates instanceof List<?> known && known.contains(predicate))) {
            settings.value(prefix + "predicate").addErrorMessage("there is no predicate " + predicate + " in the list predicates");
        } else if (predicate == null && config.get(prefix + "negate") != null) {
            settings.value(prefix + "negate").addErrorMessage("Config '" + prefix + "negate' was provided but there is no config '" + prefix
                    + "predicate' defining a predicate to be negated.");
        }
    }

    /** Its validator still sees the name that its class gave it. */
    private static ConfigKey renamed(ConfigKey key, String name, String group, int order) {
        ConfigDef.Validator validator = key.validator == null ? null : (_, value) -> key.validator.ensureValid(key.name, value);
        String prefix = name.substring(0, name.length() - key.name.length());
        return new ConfigKey(name, key.type, key.defaultValue, validator, key.importance, key.documentation, group, order, key.width, key.displayName,
                key.dependents.stream().map(each -> prefix + each).toList(), null, key.internalConfig);
    }
}
