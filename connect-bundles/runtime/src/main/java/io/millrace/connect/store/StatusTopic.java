package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What connectors and tasks do and which topics they use, in the topic {@code connect-status}, in Kafka Connect's format: for tools that read it, and
 * for a worker that takes over. Topics used are known again after a start (KIP-558). Written in the background, of each key the latest value only: a
 * broker that is slow delays nobody. Thread-safe.
 */
public final class StatusTopic implements AutoCloseable {

    public static final String TOPIC = "connect-status";

    private static final Logger LOG = LoggerFactory.getLogger(StatusTopic.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);

    private final KafkaClients clients;
    private final String workerId;
    private final StatusKeys keys = new StatusKeys();
    /** Of tasks, by key. */
    private final Map<String, String> versions = new ConcurrentHashMap<>();
    private final Thread writer = Thread.ofVirtual().name("connect-writes-" + TOPIC).unstarted(this::write);
    /** Guarded by this object's lock; a null value is a deletion. */
    private final Map<String, byte[]> pending = new LinkedHashMap<>();
    private boolean closed;

    /** Makes the topic if need be, and reads it. */
    public StatusTopic(KafkaClients clients, Admin admin, String workerId) throws InterruptedException {
        this.clients = clients;
        this.workerId = workerId;
        try (TopicLog log = new TopicLog(clients, admin, TOPIC,
                record -> read(new String(record.key(), StandardCharsets.UTF_8), record.value()))) {
            log.readToEnd();
        }
        writer.start();
    }

    private void read(String key, byte[] value) {
        keys.written(key, value == null);
        if (value != null && StatusKeys.isTask(key)) {
            try {
                if (PlainJson.read(value) instanceof Map<?, ?> status && status.get("version") instanceof String version) {
                    versions.put(key, version);
                }
            } catch (ConnectException e) {
                LOG.warn("{}: the status of {} is none, ignored: {}", TOPIC, key, e.getMessage());
            }
        }
    }

    /** What a task last said is its version; null if it never said it. */
    public String taskVersion(String connector, int number) {
        return versions.get(StatusKeys.task(connector, number));
    }

    /** @param version null if it is not known */
    public void connector(String name, String state, String trace, String version) {
        put(StatusKeys.connector(name), StatusKeys.status(state, trace, workerId, version));
    }

    /** @param version null if it is not known */
    public void task(String connector, int number, String state, String trace, String version) {
        if (version != null) {
            versions.put(StatusKeys.task(connector, number), version);
        }
        put(StatusKeys.task(connector, number), StatusKeys.status(state, trace, workerId, version));
    }

    /** The connector has this many tasks; statuses of others are of the past. */
    public void tasks(String connector, int count) {
        for (String key : keys.tasksFrom(connector, count)) {
            versions.remove(key);
            put(key, null);
        }
    }

    public void uses(String connector, int task, String topic) {
        put(StatusKeys.topic(topic, connector), StatusKeys.use(topic, connector, task, System.currentTimeMillis()));
    }

    /** Topics that the connector used since that was last reset. */
    public Set<String> topics(String connector) {
        Set<String> topics = new TreeSet<>();
        keys.topicsOf(connector).forEach(key -> topics.add(StatusKeys.topicOf(key, connector).orElseThrow()));
        return topics;
    }

    public void resetTopics(String connector) {
        keys.topicsOf(connector).forEach(key -> put(key, null));
    }

    /** The connector is deleted. */
    public void forget(String connector) {
        tasks(connector, 0);
        resetTopics(connector);
        put(StatusKeys.connector(connector), null);
    }

    private synchronized void put(String key, Map<String, Object> value) {
        keys.written(key, value == null);
        // Again at the end: what comes last was written last.
        pending.remove(key);
        pending.put(key, value == null ? null : PlainJson.write(value));
        notifyAll();
    }

    private void write() {
        Producer<byte[], byte[]> producer = null;
        try {
            for (Map<String, byte[]> taken = take(); !taken.isEmpty(); taken = take()) {
                if (producer == null) {
                    producer = clients.producer("connect-writes-" + TOPIC, Map.of("linger.ms", 5));
                }
                for (Map.Entry<String, byte[]> each : taken.entrySet()) {
                    producer.send(new ProducerRecord<>(TOPIC, 0, each.getKey().getBytes(StandardCharsets.UTF_8), each.getValue()), (_, failure) -> {
                        if (failure != null) {
                            LOG.warn("{} is not written to topic {}: {}", each.getKey(), TOPIC, failure.toString());
                        }
                    });
                }
            }
        } catch (InterruptedException | org.apache.kafka.common.errors.InterruptException e) {
            LOG.debug("interrupted while statuses are written", e);
        } finally {
            if (producer != null) {
                producer.close(CLOSE_LIMIT);
            }
        }
    }

    /** Blocks until there is something; empty when closed and nothing is left. */
    private synchronized Map<String, byte[]> take() throws InterruptedException {
        while (pending.isEmpty() && !closed) {
            wait();
        }
        Map<String, byte[]> taken = new LinkedHashMap<>(pending);
        pending.clear();
        return taken;
    }

    /** Writes what is left, for a second at most. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            if (!writer.join(CLOSE_LIMIT.plus(CLOSE_LIMIT))) {
                writer.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
