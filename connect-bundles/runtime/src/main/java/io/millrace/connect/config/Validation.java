package io.millrace.connect.config;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.catalog.VersionRequirement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceConnector;

/** Checks a connector's configuration against the common settings, the connector's own, its clients' and those of the classes that serve it. */
public final class Validation {

    public static final Set<Kind> CONNECTORS = EnumSet.of(Kind.SOURCE, Kind.SINK);

    private final Catalog catalog;
    private final Variables variables;
    private final Rules rules;

    /**
     * What this node allows and can do.
     *
     * @param exactlyOnce whether sources can deliver exactly once
     */
    public record Rules(OverridePolicy overrides, boolean exactlyOnce, NodeDefaults defaults) {}

    public Validation(Catalog catalog, Variables variables, Rules rules) {
        this.catalog = catalog;
        this.variables = variables;
        this.rules = rules;
    }

    /**
     * @param className the connector's class, as the configuration names it
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
        Map<String, String> config;
        try {
            config = rules.defaults().applied(variables.resolve(raw).values());
        } catch (ConfigException e) {
            ConfigDef all = ConnectorConfig.definition(sink);
            ConfigValue wrong = new ConfigValue(ConnectorConfig.NAME, raw.get(ConnectorConfig.NAME), List.of(), List.of(e.getMessage()));
            return new Result(name, List.of(new Setting(all.configKeys().get(ConnectorConfig.NAME), wrong)));
        }
        Settings settings = new Settings();
        settings.define(ConnectorConfig.definition(sink), config);
        if (sink) {
            checkTopics(config, settings);
        }
        connectorInVersion(name, settings).ifPresent(connector -> {
            Catalog seen = catalog.at(connector.provided().plugin());
            ServingClasses classes = new ServingClasses(seen, config, settings);
            classes.converter(Kind.CONVERTER, ConnectorConfig.KEY_CONVERTER);
            classes.converter(Kind.CONVERTER, ConnectorConfig.VALUE_CONVERTER);
            classes.converter(Kind.HEADER_CONVERTER, ConnectorConfig.HEADER_CONVERTER);
            classes.aliased(Kind.TRANSFORMATION, ConnectorConfig.TRANSFORMS);
            classes.aliased(Kind.PREDICATE, ConnectorConfig.PREDICATES);
            own(connector.provided(), config, settings);
            clients(config, settings, sink);
            classes.converterSettings(Kind.CONVERTER, ConnectorConfig.KEY_CONVERTER, "key");
            classes.converterSettings(Kind.CONVERTER, ConnectorConfig.VALUE_CONVERTER, "value");
            classes.converterSettings(Kind.HEADER_CONVERTER, ConnectorConfig.HEADER_CONVERTER, "header");
        });
        return new Result(name, settings.list(raw, variables));
    }

    /** The connector's class in the version that is asked for; empty if there is none, which the setting then says. */
    private Optional<Catalog.Entry> connectorInVersion(String name, Settings settings) {
        ConfigValue version = settings.value(ConnectorConfig.CONNECTOR_VERSION);
        if (!version.errorMessages().isEmpty()) {
            return Optional.empty();
        }
        try {
            Optional<Catalog.Entry> found = catalog.find(CONNECTORS, name, VersionRequirement.of(version.value()));
            found.ifPresent(entry -> settings.standard(ConnectorConfig.CONNECTOR_VERSION, catalog.version(entry), catalog.versions(CONNECTORS, name)));
            return found;
        } catch (Catalog.NoSuchVersionException e) {
            version.addErrorMessage(e.getMessage());
            version.recommendedValues(new ArrayList<>(catalog.versions(CONNECTORS, name)));
            return Optional.empty();
        }
    }

    /** The settings a class defines, or empty if it has no such definition. Call on a thread of its own. */
    public static Optional<ConfigDef> definitionOf(Catalog.Entry entry) {
        return ServingClasses.definitionOf(entry);
    }

    private List<String> known() {
        return catalog.entries(CONNECTORS).stream().map(Catalog.Entry::name).sorted().toList();
    }

    private static void checkTopics(Map<String, String> config, Settings settings) {
        ConfigValue topics = settings.value(ConnectorConfig.TOPICS);
        ConfigValue regex = settings.value(ConnectorConfig.TOPICS_REGEX);
        List<?> names = topics.value() instanceof List<?> list ? list : List.of();
        String pattern = config.get(ConnectorConfig.TOPICS_REGEX) == null ? "" : config.get(ConnectorConfig.TOPICS_REGEX).strip();
        if (names.isEmpty() == pattern.isEmpty()) {
            String message = names.isEmpty() ? "Must configure one of topics or topics.regex"
                    : "topics and topics.regex are mutually exclusive options, but both are set.";
            topics.addErrorMessage(message);
            regex.addErrorMessage(message);
        }
        String dead = config.get(ConnectorConfig.DLQ_TOPIC) == null ? "" : config.get(ConnectorConfig.DLQ_TOPIC).strip();
        if (dead.isEmpty()) {
            return;
        }
        if (names.contains(dead)) {
            topics.addErrorMessage("The DLQ topic '" + dead + "' may not be included in the list of topics ('topics=" + names
                    + "') consumed by the connector");
        }
        if (!pattern.isEmpty() && regex.errorMessages().isEmpty() && Pattern.matches(pattern, dead)) {
            regex.addErrorMessage("The DLQ topic '" + dead + "' may not be matched by the regex for the topics ('topics.regex=" + pattern
                    + "') consumed by the connector");
        }
    }

    private void own(Provided provided, Map<String, String> config, Settings settings) {
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
            settings.define(def.configKeys().values(), validated.configValues());
            if (connector instanceof SourceConnector source) {
                new ExactlyOnceSettings(settings, rules.exactlyOnce()).check(source, config);
            }
        } catch (LinkageError e) {
            throw new ConnectException(provided.className() + " cannot say what it is to be set to: " + e + "; its plugin lacks a class or has another"
                    + " version of it, install it with all it needs", e);
        }
    }

    /** What the connector's clients are given; Kafka's clients check it only when they are made. */
    private void clients(Map<String, String> config, Settings settings, boolean sink) {
        boolean deadLetters = sink && config.get(ConnectorConfig.DLQ_TOPIC) != null && !config.get(ConnectorConfig.DLQ_TOPIC).isBlank();
        if (!sink || deadLetters) {
            clients(OverridePolicy.PRODUCER, ProducerConfig.configDef(), config, settings);
        }
        if (sink ? deadLetters : config.keySet().stream().anyMatch(key -> key.startsWith("topic.creation."))) {
            clients(OverridePolicy.ADMIN, AdminClientConfig.configDef(), config, settings);
        }
        if (sink) {
            clients(OverridePolicy.CONSUMER, ConsumerConfig.configDef(), config, settings);
        }
    }

    private void clients(String prefix, ConfigDef def, Map<String, String> config, Settings settings) {
        List<ConfigKey> keys = new ArrayList<>();
        List<ConfigValue> values = new ArrayList<>();
        config.keySet().stream().filter(key -> key.startsWith(prefix)).sorted().forEach(key -> {
            ConfigKey known = def.configKeys().get(key.substring(prefix.length()));
            if (known != null) {
                keys.add(new ConfigKey(key, known.type, known.defaultValue, null, known.importance, known.documentation, known.group, known.orderInGroup,
                        known.width, known.displayName, List.of(), null, known.internalConfig));
            }
            values.add(new ConfigValue(key, config.get(key), List.of(), new ArrayList<>(rules.overrides().refuses(key) ? List.of(rules.overrides().refusal(key))
                    : List.of())));
        });
        settings.define(keys, values);
    }
}
