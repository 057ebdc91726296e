package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import io.millrace.api.http.HttpCall;
import io.millrace.api.http.HttpError;
import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Kind;
import io.millrace.connect.catalog.VersionRequirement;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.config.Validation;
import io.millrace.connect.herder.Herder;
import io.millrace.connect.herder.PluginFacts;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigValue;

/** {@code /connector-plugins}: which classes there are, what they can be set to, and whether a configuration is right. */
final class PluginsRest {

    private final Herder herder;
    private final PluginFacts facts;

    PluginsRest(Herder herder) {
        this.herder = herder;
        this.facts = new PluginFacts(herder);
    }

    HttpAnswer handle(HttpCall call, List<String> path) throws Exception {
        if (path.isEmpty()) {
            boolean connectorsOnly = call.parameter("connectorsOnly").map(Boolean::parseBoolean).orElse(true);
            return ConnectRest.get(call, list(connectorsOnly ? Validation.CONNECTORS : EnumSet.allOf(Kind.class)));
        }
        if (path.size() == 2 && path.get(1).equals("config")) {
            return ConnectRest.get(call, definition(path.getFirst(), call.parameter("version").orElse(null)));
        }
        if (path.size() == 3 && path.get(1).equals("config") && path.get(2).equals("validate")) {
            return call.method().equals("PUT") ? validate(path.getFirst(), Json.strings(Json.body(call.body()))) : ConnectRest.notAllowed();
        }
        return ConnectRest.notFound();
    }

    private List<Object> list(java.util.Set<Kind> kinds) throws InterruptedException {
        List<Object> list = new ArrayList<>();
        List<Catalog.Entry> entries = herder.node().catalog().entries(kinds);
        herder.node().catalog().askVersions(entries);
        for (Catalog.Entry entry : entries) {
            list.add(Json.object("class", entry.name(), "type", entry.kind().word(), "version", facts.version(entry)));
        }
        return list;
    }

    private List<Object> definition(String name, String version) throws InterruptedException {
        Catalog.Entry entry = inVersion(name, version)
                .orElseThrow(() -> new HttpError(404, "Unknown plugin " + name + "."));
        return facts.definition(entry, def -> {
            List<Object> keys = new ArrayList<>();
            def.configKeys().values().stream().filter(key -> !key.internalConfig).forEach(key -> keys.add(key(key)));
            return keys;
        });
    }

    private Optional<Catalog.Entry> inVersion(String name, String version) {
        try {
            return herder.node().catalog().find(EnumSet.allOf(Kind.class), name, VersionRequirement.of(version));
        } catch (IllegalArgumentException | Catalog.NoSuchVersionException e) {
            throw new HttpError(400, e.getMessage());
        }
    }

    private HttpAnswer validate(String name, Map<String, String> config) throws InterruptedException {
        String given = config.get(ConnectorConfig.CONNECTOR_CLASS);
        if (given == null) {
            throw new HttpError(400, "Included connector class null does not match request type " + name);
        }
        if (!given.equals(name) && !Kind.SOURCE.means(name, given) && !Kind.SINK.means(name, given) && !Kind.SOURCE.means(given, name)) {
            throw new HttpError(400, "Included connector type " + given + " does not match request type " + name);
        }
        Object answer = herder.validated(config, result -> {
            List<Object> settings = new ArrayList<>();
            for (Validation.Setting setting : result.settings()) {
                if (setting.key() == null || !setting.key().internalConfig) {
                    settings.add(Json.object("definition", setting.key() == null ? null : key(setting.key()), "value", value(setting)));
                }
            }
            return Json.object("name", result.className(), "error_count", result.settings().stream()
                    .filter(setting -> !setting.value().errorMessages().isEmpty()).count(), "groups", result.groups(), "configs", settings);
        });
        return Json.answer(200, answer);
    }

    private static Map<String, Object> key(ConfigKey key) {
        boolean required = !key.hasDefault();
        return Json.object("name", key.name, "type", key.type.name(), "required", required,
                "default_value", required ? null : text(key.defaultValue, key.type), "importance", key.importance.name(),
                "documentation", key.documentation, "group", key.group, "width", key.width.name(), "display_name", key.displayName,
                "dependents", List.copyOf(key.dependents), "order", key.orderInGroup);
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
