package io.millrace.connect.rest;

import io.millrace.connect.config.Validation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;

/** What another configuration would change of a connector, what is wrong with it, and which of its settings nobody knows. */
final class ConfigDiff {

    private static final String HIDDEN = "[hidden]";
    /** Settings of clients, topics and serving classes, which the runtime passes on. */
    private static final List<String> PASSED_ON = List.of("producer.override.", "consumer.override.", "admin.override.", "topic.creation.", "key.converter.",
            "value.converter.", "header.converter.", "transforms.", "predicates.");
    private static final int MOST_TYPOS = 3;

    private ConfigDiff() {}

    /** @param checked the configuration to come, looked through; nothing of it is kept */
    static Map<String, Object> of(String connector, Map<String, String> now, Map<String, String> then, Validation.Result checked) {
        Map<String, ConfigKey> keys = new HashMap<>();
        List<Object> errors = new ArrayList<>();
        for (Validation.Setting setting : checked.settings()) {
            if (setting.key() != null) {
                keys.put(setting.key().name, setting.key());
            }
            if (!setting.value().errorMessages().isEmpty()) {
                errors.add(Json.object("name", setting.value().name(), "errors", List.copyOf(setting.value().errorMessages())));
            }
        }
        List<Object> changes = new ArrayList<>();
        List<Object> unknown = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>(now.keySet());
        names.addAll(then.keySet());
        for (String name : names) {
            ConfigKey key = keys.get(name);
            if (!Objects.equals(now.get(name), then.get(name))) {
                boolean secret = key != null && key.type == ConfigDef.Type.PASSWORD;
                changes.add(Json.object("name", name, "change", !now.containsKey(name) ? "ADDED" : then.containsKey(name) ? "CHANGED" : "REMOVED",
                        "from", shown(now.get(name), secret), "to", shown(then.get(name), secret),
                        "default_value", key == null || !key.hasDefault() || key.defaultValue == null ? null : ConfigDef.convertToString(key.defaultValue, key.type),
                        "documentation", key == null ? null : key.documentation));
            }
            if (key == null && then.containsKey(name) && PASSED_ON.stream().noneMatch(name::startsWith)) {
                unknown.add(Json.object("name", name, "did_you_mean", nearest(name, keys.keySet())));
            }
        }
        return Json.object("name", connector, "effect", !errors.isEmpty() ? "REFUSED" : changes.isEmpty() ? "NONE" : "RESTART",
                "changes", changes, "errors", errors, "unknown", unknown);
    }

    private static String shown(String value, boolean secret) {
        return value != null && secret ? HIDDEN : value;
    }

    private static String nearest(String name, Iterable<String> known) {
        List<String> near = new ArrayList<>();
        known.forEach(each -> {
            if (distance(name, each) <= Math.min(MOST_TYPOS, name.length() / 3)) {
                near.add(each);
            }
        });
        return near.stream().min(Comparator.comparingInt((String each) -> distance(name, each)).thenComparing(Comparator.naturalOrder())).orElse(null);
    }

    /** How many letters are to be put in, left out, changed or swapped with their neighbour. */
    static int distance(String one, String other) {
        int[][] cost = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int same = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(cost[i - 1][j - 1] + same, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2) && one.charAt(i - 2) == other.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[one.length()][other.length()];
    }
}
