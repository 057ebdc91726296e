package io.millrace.connect.config;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.catalog.VersionRequirement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;

/** Checks a connector's configuration against the common settings, the connector's own and those of its transformations and predicates. */
public final class Validation {

    public static final Set<Kind> CONNECTORS = EnumSet.of(Kind.SOURCE, Kind.SINK);

    private final Catalog catalog;
    private final Variables variables;

    public Validation(Catalog catalog, Variables variables) {
        this.catalog = catalog;
        this.variables = variables;
    }

    /**
     * @param className the connector's class
     * @param settings  every setting that is defined, with what is wrong with its value
     */
    public record Result(String className, List<Setting> settings) {

        public Result {
            settings = List.copyOf(settings);
        }

        public List<String> errors() {
            List<String> errors = new ArrayList<>();
            settings.forEach(setting -> errors.addAll(setting.value().errorMessages()));
            return errors;
        }

        public List<String> groups() {
            Set<String> groups = new LinkedHashSet<>();
            settings.forEach(setting -> {
                if (setting.key() != null && setting.key().group != null) {
                    groups.add(setting.key().group);
                }
            });
            return List.copyOf(groups);
        }
    }

    /** @param key the definition, or null for a value the connector reports but does not define */
    public record Setting(ConfigKey key, ConfigValue value) {}

    /**
     * Call on a thread of its own: the connector's code runs in it. Results hold classes of the plugin; keep none.
     *
     * @throws ConnectException if there is no such connector
     */
    public Result validate(Map<String, String> raw) {
        String name = raw.get(ConnectorConfig.CONNECTOR_CLASS);
        if (name == null || name.isBlank()) {
            throw new ConfigException("Connector config " + raw.keySet() + " contains no connector type");
        }
        Catalog.Entry entry = catalog.find(CONNECTORS, name).orElseThrow(() -> new ConnectException("Failed to find any class that implements "
                + "Connector and which name matches " + name + "; install its plugin, or use one of " + known()));
        boolean sink = entry.kind() == Kind.SINK;
        Map<String, ConfigKey> keys = new LinkedHashMap<>();
        Map<String, ConfigValue> values = new LinkedHashMap<>();
        Map<String, String> config;
        try {
            config = variables.resolve(raw);
        } catch (ConfigException e) {
            config = raw;
            ConfigDef all = ConnectorConfig.definition(sink);
            ConfigValue wrong = new ConfigValue(ConnectorConfig.NAME, raw.get(ConnectorConfig.NAME), List.of(), List.of(e.getMessage()));
            return new Result(entry.name(), List.of(new Setting(all.configKeys().get(ConnectorConfig.NAME), wrong)));
        }
        ConfigDef common = ConnectorConfig.definition(sink);
        keys.putAll(common.configKeys());
        common.validate(config).forEach(value -> values.put(value.name(), value));
        if (sink) {
            checkTopics(config, values);
        }
        Optional<Catalog.Entry> versioned = inVersion(CONNECTORS, name, ConnectorConfig.CONNECTOR_VERSION, values);
        if (versioned.isPresent()) {
            new Validation(catalog.at(versioned.get().provided().plugin()), variables).others(versioned.get(), config, keys, values);
        }

        List<Setting> settings = new ArrayList<>();
        values.forEach((key, value) -> {
            if (Variables.hasVariable(raw.get(key))) {
                value.value(raw.get(key));
            }
            settings.add(new Setting(keys.get(key), value));
        });
        return new Result(entry.name(), settings);
    }

    /** What depends on the connector's class, and the classes that the connector is served by. */
    private void others(Catalog.Entry connector, Map<String, String> config, Map<String, ConfigKey> keys, Map<String, ConfigValue> values) {
        checkClass(Kind.CONVERTER, ConnectorConfig.KEY_CONVERTER, values);
        checkClass(Kind.CONVERTER, ConnectorConfig.VALUE_CONVERTER, values);
        checkClass(Kind.HEADER_CONVERTER, ConnectorConfig.HEADER_CONVERTER, values);
        enrich(Kind.TRANSFORMATION, "transforms.", ConnectorConfig.TRANSFORMS, config, keys, values);
        enrich(Kind.PREDICATE, "predicates.", ConnectorConfig.PREDICATES, config, keys, values);
        own(connector.provided(), config, keys, values);
    }

    /** The class in the version that the value of the key asks for; empty if there is none, which the value then says, or if it is wrong itself. */
    private Optional<Catalog.Entry> inVersion(Set<Kind> kinds, String name, String versionKey, Map<String, ConfigValue> values) {
        ConfigValue version = values.get(versionKey);
        if (!version.errorMessages().isEmpty()) {
            return Optional.empty();
        }
        VersionRequirement required = VersionRequirement.of(version.value());
        try {
            return catalog.find(kinds, name, required);
        } catch (Catalog.NoSuchVersionException e) {
            version.addErrorMessage(e.getMessage());
            version.recommendedValues(new ArrayList<>(catalog.versions(kinds, name)));
            return Optional.empty();
        }
    }

    /** The settings a class defines, or empty if it has no such definition. Call on a thread of its own. */
    public static Optional<ConfigDef> definitionOf(Catalog.Entry entry) {
        try (var _ = PluginScope.of(entry.provided().loader())) {
            return Optional.ofNullable(switch (entry.kind()) {
                case SOURCE, SINK -> entry.provided().instantiate(Connector.class).config();
                case CONVERTER -> entry.provided().instantiate(Converter.class).config();
                case HEADER_CONVERTER -> entry.provided().instantiate(org.apache.kafka.connect.storage.HeaderConverter.class).config();
                case TRANSFORMATION -> entry.provided().instantiate(Transformation.class).config();
                case PREDICATE -> entry.provided().instantiate(Predicate.class).config();
            });
        }
    }

    private List<String> known() {
        return catalog.entries(CONNECTORS).stream().map(Catalog.Entry::name).sorted().toList();
    }

    private static void checkTopics(Map<String, String> config, Map<String, ConfigValue> values) {
        String topics = config.getOrDefault(ConnectorConfig.TOPICS, "");
        String pattern = config.getOrDefault(ConnectorConfig.TOPICS_REGEX, "");
        String dead = config.getOrDefault(ConnectorConfig.DLQ_TOPIC, "");
        boolean none = topics == null || topics.isBlank();
        if (none == (pattern == null || pattern.isBlank())) {
            values.get(ConnectorConfig.TOPICS).addErrorMessage(none
                    ? "Must configure one of topics or topics.regex"
                    : "topics and topics.regex are mutually exclusive options, but both are set");
        }
        if (dead != null && !dead.isEmpty() && !none && List.of(topics.split("\\s*,\\s*")).contains(dead)) {
            values.get(ConnectorConfig.DLQ_TOPIC).addErrorMessage(dead + " is also consumed; name another dead letter topic");
        }
    }

    private void checkClass(Kind kind, String key, Map<String, ConfigValue> values) {
        ConfigValue value = values.get(key);
        if (value.value() instanceof String name) {
            try {
                ConfigValue version = values.get(key + "." + ConnectorConfig.PLUGIN_VERSION);
                if (inVersion(EnumSet.of(kind), name, version.name(), values).isEmpty() && version.errorMessages().isEmpty()) {
                    value.addErrorMessage("Class " + name + " could not be found; install its plugin or correct the name");
                }
            } catch (Catalog.LookupException e) {
                value.addErrorMessage(e.getMessage());
            }
        }
    }

    private void enrich(Kind kind, String prefix, String listKey, Map<String, String> config, Map<String, ConfigKey> keys, Map<String, ConfigValue> values) {
        if (!(values.get(listKey).value() instanceof List<?> aliases)) {
            return;
        }
        if (new LinkedHashSet<>(aliases).size() < aliases.size()) {
            values.get(listKey).addErrorMessage("Duplicate alias provided in " + aliases);
        }
        for (Object alias : aliases) {
            String own = prefix + alias + ".";
            ConfigDef def = new ConfigDef().define("type", ConfigDef.Type.STRING, ConfigDef.NO_DEFAULT_VALUE, ConfigDef.Importance.HIGH,
                    "Class of the " + kind.word() + " " + alias);
            ConnectorConfig.version(def, ConnectorConfig.PLUGIN_VERSION, kind.word(), ConfigDef.Importance.MEDIUM);
            if (kind == Kind.TRANSFORMATION) {
                def.define("predicate", ConfigDef.Type.STRING, null, ConfigDef.Importance.MEDIUM, "Alias of the predicate that decides")
                        .define("negate", ConfigDef.Type.BOOLEAN, false, ConfigDef.Importance.MEDIUM, "Whether the predicate must be false");
            }
            String problem = null;
            String versionProblem = null;
            String type = config.get(own + "type");
            if (type != null) {
                try {
                    Optional<Catalog.Entry> entry = catalog.find(EnumSet.of(kind), type,
                            VersionRequirement.of(config.get(own + ConnectorConfig.PLUGIN_VERSION)));
                    if (entry.isPresent()) {
                        definitionOf(entry.get()).ifPresent(more -> more.configKeys().values().forEach(key -> {
                            if (!def.configKeys().containsKey(key.name)) {
                                def.define(key);
                            }
                        }));
                    } else {
                        problem = "Class " + type + " could not be found; install its plugin or correct the name";
                    }
                } catch (Catalog.NoSuchVersionException e) {
                    versionProblem = e.getMessage();
                } catch (ConnectException | Catalog.LookupException e) {
                    problem = e.getMessage();
                } catch (IllegalArgumentException e) {
                    // The definition says the same of the value.
                    versionProblem = null;
                }
            }
            ConfigDef prefixed = new ConfigDef();
            prefixed.embed(own, own.substring(0, own.length() - 1), 0, def);
            keys.putAll(prefixed.configKeys());
            for (ConfigValue value : prefixed.validate(config)) {
                values.put(value.name(), value);
            }
            if (problem != null) {
                values.get(own + "type").addErrorMessage(problem);
            }
            if (versionProblem != null) {
                ConfigValue version = values.get(own + ConnectorConfig.PLUGIN_VERSION);
                version.addErrorMessage(versionProblem);
                version.recommendedValues(new ArrayList<>(catalog.versions(EnumSet.of(kind), type)));
            }
            String predicate = kind == Kind.TRANSFORMATION ? config.get(own + "predicate") : null;
            Object predicates = values.get(ConnectorConfig.PREDICATES).value();
            if (predicate != null && !(predicates instanceof List<?> known && known.contains(predicate))) {
                values.get(own + "predicate").addErrorMessage("there is no predicate " + predicate + " in the list predicates");
            }
        }
    }

    private static void own(Provided provided, Map<String, String> config, Map<String, ConfigKey> keys, Map<String, ConfigValue> values) {
        try (var _ = PluginScope.of(provided.loader())) {
            Connector connector = provided.instantiate(Connector.class);
            ConfigDef def = connector.config();
            if (def == null) {
                throw new ConnectException(provided.className() + ".config() must return a definition, but returns null");
            }
            Config validated = connector.validate(config);
            if (validated == null) {
                throw new ConnectException(provided.className() + ".validate() must return a result, but returns null");
            }
            keys.putAll(def.configKeys());
            for (ConfigValue value : validated.configValues()) {
                ConfigValue before = values.put(value.name(), value);
                if (before != null) {
                    before.errorMessages().stream().filter(error -> !value.errorMessages().contains(error)).forEach(value::addErrorMessage);
                }
            }
        }
    }
}
