package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpError;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.VersionRequirement;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.Validation;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.PluginFacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigValue;

/** {@code /connector-plugins}: which classes there are, what they can be set to, and whether a configuration is right. */
final class PluginsRest {

    private static final String DEFAULT_VALUE = "default_value";
    /** In Kafka Connect's order. */
    private static final List<Kind> SHOWN =
            List.of(Kind.SINK, Kind.SOURCE, Kind.TRANSFORMATION, Kind.PREDICATE, Kind.CONVERTER, Kind.HEADER_CONVERTER);
    private static final String SUFFIX = "Connector";

    private final Herder herder;
    private final PluginFacts facts;

    PluginsRest(Herder herder) {
        this.herder = herder;
        this.facts = new PluginFacts(herder);
    }

    void serve(Routes routes) {
        routes.on("GET", "/connector-plugins", (call, _) -> Json.answer(200,
                list(call.parameter("connectorsOnly").map(Boolean::parseBoolean).orElse(true) ? Validation.CONNECTORS : Kind.OF_CONNECTORS)));
        routes.on("GET", "/connector-plugins/*/config", (call, path) -> Json.answer(200, definition(path.getFirst(), call.parameter("version").orElse(null))));
        routes.taking("PUT", "/connector-plugins/*/config/validate", (call, path) -> validate(path.getFirst(), Json.strings(Json.body(call.body()))));
    }

    /** A class that several plugins have in the same version is there once. */
    private List<Object> list(Set<Kind> kinds) throws InterruptedException {
        Set<Object> list = new LinkedHashSet<>();
        List<Catalog.Entry> entries = new ArrayList<>(herder.node().catalog().entries(kinds));
        entries.sort(Comparator.comparing((Catalog.Entry entry) -> SHOWN.indexOf(entry.kind())).thenComparing(Catalog.Entry::name));
        herder.node().catalog().askVersions(entries);
        for (Catalog.Entry entry : entries) {
            list.add(Json.object("class", entry.name(), "type", entry.kind().word(), "version", facts.version(entry)));
        }
        return List.copyOf(list);
    }

    private List<Object> definition(String name, String version) throws InterruptedException {
        Catalog.Entry entry = inVersion(name, version)
                .orElseThrow(() -> new HttpError(404, "Unknown plugin " + name + "."));
        String own = facts.version(entry);
        return facts.definition(entry, def -> {
            Map<String, ConfigKey> all = new LinkedHashMap<>(def.configKeys());
            if (Validation.CONNECTORS.contains(entry.kind())) {
                ConnectorConfig.definition(entry.kind() == Kind.SINK).configKeys().forEach(all::putIfAbsent);
            }
            List<Object> keys = new ArrayList<>();
            all.values().stream().filter(key -> !key.internalConfig).forEach(key -> {
                Map<String, Object> described = key(key);
                if (key.name.equals(ConnectorConfig.CONNECTOR_VERSION)) {
                    described.put(DEFAULT_VALUE, own);
                } else if (ConnectorConfig.namesClass(key.name)) {
                    // The node's, not the class's.
                    described.put(DEFAULT_VALUE, null);
                }
                keys.add(described);
            });
            return keys;
        });
    }

    private Optional<Catalog.Entry> inVersion(String name, String version) {
        try {
            return herder.node().catalog().find(Kind.OF_CONNECTORS, name, VersionRequirement.of(version));
        } catch (IllegalArgumentException | Catalog.NoSuchVersionException e) {
            throw new HttpError(400, e.getMessage());
        }
    }

    private HttpAnswer validate(String name, Map<String, String> config) throws InterruptedException {
        String given = config.get(ConnectorConfig.CONNECTOR_CLASS);
        if (given != null && !shortened(given).endsWith(shortened(name))) {
            throw new HttpError(400, "Included connector type " + given + " does not match request type " + name);
        }
        Object answer = herder.validated(config, result -> {
            List<Object> settings = new ArrayList<>();
            for (Validation.Setting setting : result.settings()) {
                if (setting.key() == null || !setting.key().internalConfig) {
                    settings.add(Json.object("definition", setting.key() == null ? null : key(setting.key()), "value", value(setting)));
                }
            }
            return Json.object("name", result.className(), "error_count", result.errors().size(), "groups", result.groups(), "configs", settings);
        });
        return Json.answer(200, answer);
    }

    private static String shortened(String className) {
        return className.endsWith(SUFFIX) && className.length() > SUFFIX.length() ? className.substring(0, className.length() - SUFFIX.length()) : className;
    }

    private static Map<String, Object> key(ConfigKey key) {
        boolean required = !key.hasDefault();
        return Json.object("name", key.name, "type", ConnectorConfig.namesClass(key.name) ? ConfigDef.Type.CLASS.name() : key.type.name(), "required", required,
                DEFAULT_VALUE, required ? null : text(key.defaultValue, key.type), "importance", key.importance.name(),
                "documentation", key.documentation, "group", key.group, "order_in_group", key.orderInGroup, "width", key.width.name(),
                "display_name", key.displayName, "dependents", List.copyOf(key.dependents));
    }

    private static Map<String, Object> value(Validation.Setting setting) {
        ConfigValue value = setting.value();
        ConfigDef.Type type = setting.key() == null ? null : setting.key().type;
        List<String> recommended = new ArrayList<>();
        for (Object one : value.recommendedValues()) {
            // A list's recommended values are its members.
            recommended.add(text(one, type == ConfigDef.Type.LIST ? ConfigDef.Type.STRING : type));
        }
        return Json.object("name", value.name(), "value", type == ConfigDef.Type.PASSWORD && value.value() != null ? "[hidden]" : text(value.value(), type),
                "recommended_values", recommended, "errors", List.copyOf(value.errorMessages()), "visible", value.visible());
    }

    private static String text(Object value, ConfigDef.Type type) {
        if (value == null || value instanceof String) {
            return (String) value;
        }
        try {
            return ConfigDef.convertToString(value, type);
        } catch (ClassCastException e) {
            return String.valueOf(value);
        }
    }
}
