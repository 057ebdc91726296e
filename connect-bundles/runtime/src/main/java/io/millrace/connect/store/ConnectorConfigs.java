package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connectors' configurations and target states in the topic {@code connect-configs}: keys {@code connector-NAME}, {@code target-state-NAME} as
 * in Kafka Connect, and {@code file-NAME} with the digest of the file a configuration last came from. Writes are durable on return. Thread-safe.
 */
public final class ConnectorConfigs implements AutoCloseable {

    public static final String TOPIC = "connect-configs";

    private static final Logger LOG = LoggerFactory.getLogger(ConnectorConfigs.class);
    private static final String CONNECTOR = "connector-";
    private static final String TARGET = "target-state-";
    private static final String FILE = "file-";

    /** @param config with variables, as the user wrote it */
    public record Stored(Map<String, String> config, TargetState target, String fileDigest) {}

    private final Map<String, Map<String, String>> configs = new TreeMap<>();
    private final Map<String, TargetState> targets = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();
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
        write(CONNECTOR + name, null);
        write(TARGET + name, null);
    }

    private void write(String key, Map<String, ?> value) throws InterruptedException {
        byte[] bytes = value == null ? null : PlainJson.write(value);
        try {
            producer.send(new ProducerRecord<>(TOPIC, 0, key.getBytes(StandardCharsets.UTF_8), bytes)).get(60, TimeUnit.SECONDS);
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new ConnectException(key + " cannot be stored in topic " + TOPIC + ": " + e, e);
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
            } else if (key.startsWith(FILE)) {
                set(files, key.substring(FILE.length()), value == null ? null : String.valueOf(value.get("digest")));
            }
        } catch (RuntimeException e) {
            LOG.warn("{} offset {}: not a stored configuration, ignored: {}", TOPIC, stored.offset(), e.toString());
        }
    }

    private static <V> void set(Map<String, V> map, String key, V value) {
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
