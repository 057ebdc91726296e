package io.millrace.connect.store;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Keys and values of Kafka Connect's status topic, and which keys there are at present. Thread-safe. */
final class StatusKeys {

    private static final String CONNECTOR = "status-connector-";
    private static final String TASK = "status-task-";
    private static final String USES = "status-topic-";
    private static final String BY = ":connector-";

    private final Set<String> keys = new TreeSet<>();

    static String connector(String name) {
        return CONNECTOR + name;
    }

    static String task(String name, int number) {
        return TASK + name + "-" + number;
    }

    static boolean isTask(String key) {
        return key.startsWith(TASK);
    }

    static String topic(String topic, String connector) {
        return USES + topic + BY + connector;
    }

    /** @param version null if it is not known */
    static Map<String, Object> status(String state, String trace, String workerId, String version) {
        Map<String, Object> value = new HashMap<>();
        value.put("state", state);
        value.put("trace", trace.isEmpty() ? null : trace);
        value.put("worker_id", workerId);
        // Of the group of workers; there is none.
        value.put("generation", 0);
        value.put("version", version);
        return value;
    }

    static Map<String, Object> use(String topic, String connector, int task, long nowMs) {
        return Map.of("topic", Map.of("name", topic, "connector", connector, "task", task, "discoverTimestamp", nowMs));
    }

    synchronized void written(String key, boolean deleted) {
        if (deleted) {
            keys.remove(key);
        } else {
            keys.add(key);
        }
    }

    /** Of all tasks of the connector from a number on. */
    synchronized Set<String> tasksFrom(String name, int first) {
        Pattern task = Pattern.compile(Pattern.quote(TASK + name + "-") + "\\d{1,9}");
        Set<String> found = new TreeSet<>();
        for (String key : keys) {
            if (task.matcher(key).matches() && Integer.parseInt(key.substring(key.lastIndexOf('-') + 1)) >= first) {
                found.add(key);
            }
        }
        return found;
    }

    synchronized Set<String> topicsOf(String name) {
        Set<String> found = new TreeSet<>();
        keys.forEach(key -> topicOf(key, name).ifPresent(_ -> found.add(key)));
        return found;
    }

    /** The topic that the key is about if it is about one of the connector's. Topics have no colon in their names, connectors may. */
    static Optional<String> topicOf(String key, String connector) {
        if (!key.startsWith(USES)) {
            return Optional.empty();
        }
        int colon = key.indexOf(BY);
        return colon > 0 && key.substring(colon + BY.length()).equals(connector) ? Optional.of(key.substring(USES.length(), colon)) : Optional.empty();
    }
}
