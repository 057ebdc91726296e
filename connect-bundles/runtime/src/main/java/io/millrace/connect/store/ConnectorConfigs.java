package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connectors' configurations, target states and tasks' settings in the topic {@code connect-configs}: keys {@code connector-NAME},
 * {@code target-state-NAME}, {@code task-NAME-NUMBER} and {@code commit-NAME} as in Kafka Connect, and {@code file-NAME} with the digest of the file a configuration last came from. Writes are durable on return. Thread-safe.
 */
public final class ConnectorConfigs implements AutoCloseable {

    public static final String TOPIC = "connect-configs";

    private static final Logger LOG = LoggerFactory.getLogger(ConnectorConfigs.class);
    private static final String CONNECTOR = "connector-";
    private static final String TARGET = "target-state-";
    private static final String TASK = "task-";
    private static final String COMMIT = "commit-";
    private static final String FILE = "file-";

    /** @param config with variables, as the user wrote it */
    public record Stored(Map<String, String> config, TargetState target, String fileDigest) {}

    private final Map<String, Map<String, String>> configs = new TreeMap<>();
    private final Map<String, TargetState> targets = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();
    /** By connector and number; only those below the count are there. */
    private final Map<String, Map<Integer, Map<String, String>>> tasks = new HashMap<>();
    private final Map<String, Integer> taskCounts = new HashMap<>();
    private final TopicLog log;
    private final Producer<byte[], byte[]> producer;

    public ConnectorConfigs(KafkaClients clients, Admin admin) throws InterruptedException {
        this.log = new TopicLog(clients, admin, TOPIC, this::apply);
        log.readToEnd();
        this.producer = clients.producer("connect-writes-" + TOPIC, Map.of("linger.ms", 0));
    }

    public synchronized Map<String, Stored> all() {
        Map<String, Stored> all = new TreeMap<>();
        configs.forEach((name, config) -> all.put(name,
                new Stored(config, targets.getOrDefault(name, TargetState.STARTED), files.getOrDefault(name, ""))));
        return all;
    }

    /** Digest of the file a connector last came from, also of one deleted since; empty if there was none. */
    public synchronized String fileDigest(String name) {
        return files.getOrDefault(name, "");
    }

    /** Settings of the tasks that the connector was last given, with variables; empty if it has none, or not all of them are known. */
    public synchronized List<Map<String, String>> tasks(String name) {
        Map<Integer, Map<String, String>> known = tasks.getOrDefault(name, Map.of());
        List<Map<String, String>> all = new ArrayList<>();
        for (int number = 0; number < taskCounts.getOrDefault(name, 0); number++) {
            if (!known.containsKey(number)) {
                return List.of();
            }
            all.add(known.get(number));
        }
        return all;
    }

    /** Writes nothing if it is so already. */
    public void putTasks(String name, List<Map<String, String>> settings) throws InterruptedException {
        if (settings.equals(tasks(name))) {
            return;
        }
        Map<String, Map<String, ?>> records = new LinkedHashMap<>();
        for (int number = 0; number < settings.size(); number++) {
            records.put(TASK + name + "-" + number, Map.of("properties", settings.get(number)));
        }
        withoutTasks(name, settings.size(), records);
        records.put(COMMIT + name, Map.of("tasks", settings.size()));
        write(records);
    }

    private synchronized void withoutTasks(String name, int from, Map<String, Map<String, ?>> records) {
        tasks.getOrDefault(name, Map.of()).keySet().stream().filter(number -> number >= from).forEach(number -> records.put(TASK + name + "-" + number, null));
    }

    public void putConfig(String name, Map<String, String> config) throws InterruptedException {
        write(CONNECTOR + name, Map.of("properties", config));
    }

    public void putTarget(String name, TargetState target) throws InterruptedException {
        // Kafka Connect's older readers know no STOPPED; they find PAUSED, newer ones look at state.v2.
        write(TARGET + name, Map.of("state", (target == TargetState.STOPPED ? TargetState.PAUSED : target).name(), "state.v2", target.name()));
    }

    public void putFileDigest(String name, String digest) throws InterruptedException {
        write(FILE + name, Map.of("digest", digest));
    }

    public void remove(String name) throws InterruptedException {
        Map<String, Map<String, ?>> records = new LinkedHashMap<>();
        records.put(CONNECTOR + name, null);
        records.put(TARGET + name, null);
        write(records);
        removeTasks(name);
    }

    /** Once more when the connector has come to its end: it may have been making tasks while it was removed. */
    public void removeTasks(String name) throws InterruptedException {
        Map<String, Map<String, ?>> records = new LinkedHashMap<>();
        synchronized (this) {
            withoutTasks(name, 0, records);
            if (taskCounts.containsKey(name)) {
                records.put(COMMIT + name, null);
            }
        }
        if (!records.isEmpty()) {
            write(records);
        }
    }

    /** Returns when the topic can be read to its end. */
    public void look() throws InterruptedException {
        log.readToEnd();
    }

    private void write(String key, Map<String, ?> value) throws InterruptedException {
        Map<String, Map<String, ?>> records = new LinkedHashMap<>();
        records.put(key, value);
        write(records);
    }

    private void write(Map<String, Map<String, ?>> records) throws InterruptedException {
        Map<String, Future<?>> sent = new LinkedHashMap<>();
        records.forEach((key, value) -> sent.put(key,
                producer.send(new ProducerRecord<>(TOPIC, 0, key.getBytes(StandardCharsets.UTF_8), value == null ? null : PlainJson.write(value)))));
        for (Map.Entry<String, Future<?>> each : sent.entrySet()) {
            try {
                each.getValue().get(60, TimeUnit.SECONDS);
            } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
                throw new ConnectException(each.getKey() + " cannot be stored in topic " + TOPIC + ": " + e, e);
            }
        }
        log.readToEnd();
    }

    private synchronized void apply(ConsumerRecord<byte[], byte[]> stored) {
        try {
            String key = new String(stored.key(), StandardCharsets.UTF_8);
            Map<?, ?> value = stored.value() == null ? null : (Map<?, ?>) PlainJson.read(stored.value());
            if (key.startsWith(CONNECTOR)) {
                set(configs, key.substring(CONNECTOR.length()), value == null ? null : strings((Map<?, ?>) value.get("properties")));
            } else if (key.startsWith(TARGET)) {
                Object state = value == null ? null : value.containsKey("state.v2") ? value.get("state.v2") : value.get("state");
                set(targets, key.substring(TARGET.length()), state == null ? null : TargetState.valueOf(state.toString()));
            } else if (key.startsWith(TASK)) {
                int dash = key.lastIndexOf('-');
                Map<Integer, Map<String, String>> known = tasks.computeIfAbsent(key.substring(TASK.length(), dash), _ -> new TreeMap<>());
                set(known, Integer.valueOf(key.substring(dash + 1)), value == null ? null : strings((Map<?, ?>) value.get("properties")));
            } else if (key.startsWith(COMMIT)) {
                set(taskCounts, key.substring(COMMIT.length()), value == null ? null : ((Number) value.get("tasks")).intValue());
            } else if (key.startsWith(FILE)) {
                set(files, key.substring(FILE.length()), value == null ? null : String.valueOf(value.get("digest")));
            }
        } catch (RuntimeException e) {
            LOG.warn("{} offset {}: not a stored configuration, ignored: {}", TOPIC, stored.offset(), e.toString());
        }
    }

    private static <K, V> void set(Map<K, V> map, K key, V value) {
        if (value == null) {
            map.remove(key);
        } else {
            map.put(key, value);
        }
    }

    private static Map<String, String> strings(Map<?, ?> map) {
        Map<String, String> strings = new LinkedHashMap<>();
        map.forEach((key, value) -> strings.put(String.valueOf(key), value == null ? null : String.valueOf(value)));
        return strings;
    }

    @Override
    public void close() {
        producer.close(java.time.Duration.ofSeconds(1));
        log.close();
    }
}
