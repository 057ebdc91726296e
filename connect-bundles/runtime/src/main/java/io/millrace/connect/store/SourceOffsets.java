package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far source connectors are, in the topic {@code connect-offsets}, in Kafka Connect's format: key {@code ["connector", {partition}]},
 * value the offset. Tasks write through their own producer, in the transaction of the records; a null value forgets a partition. Thread-safe.
 */
public final class SourceOffsets implements AutoCloseable {

    public static final String TOPIC = "connect-offsets";

    private static final Logger LOG = LoggerFactory.getLogger(SourceOffsets.class);

    private final Map<String, Map<Map<String, Object>, Map<String, Object>>> byConnector = new ConcurrentHashMap<>();
    private final TopicLog log;

    public SourceOffsets(KafkaClients clients, Admin admin) {
        this.log = new TopicLog(clients, admin, TOPIC, this::apply);
    }

    /** The record that stores an offset; to be sent by the task's producer. */
    public static ProducerRecord<byte[], byte[]> record(String connector, Map<String, ?> partition, Map<String, ?> offset) {
        return new ProducerRecord<>(TOPIC, 0, PlainJson.write(List.of(connector, partition)), offset == null ? null : PlainJson.write(offset));
    }

    /** All committed offsets of a connector; reads the topic to its end first. */
    public Map<Map<String, Object>, Map<String, Object>> of(String connector) throws InterruptedException {
        log.readToEnd();
        synchronized (this) {
            return new LinkedHashMap<>(byConnector.getOrDefault(connector, Map.of()));
        }
    }

    private synchronized void apply(ConsumerRecord<byte[], byte[]> stored) {
        try {
            if (stored.key() == null || !(PlainJson.read(stored.key()) instanceof List<?> key) || key.size() != 2
                    || !(key.get(0) instanceof String connector) || !(key.get(1) instanceof Map<?, ?> partition)) {
                throw new ConnectException("the key is no [connector, partition]");
            }
            Map<Map<String, Object>, Map<String, Object>> offsets = byConnector.computeIfAbsent(connector, _ -> new LinkedHashMap<>());
            Object offset = stored.value() == null ? null : PlainJson.read(stored.value());
            if (offset == null) {
                offsets.remove(PlainJson.normalMap(partition));
            } else {
                offsets.put(PlainJson.normalMap(partition), PlainJson.normalMap((Map<?, ?>) offset));
            }
        } catch (ConnectException | ClassCastException e) {
            LOG.warn("{} offset {}: not a stored source offset, ignored: {}", TOPIC, stored.offset(), e.getMessage());
        }
    }

    /** Partitions of a map of the plugin's compared as stored ones are. */
    public static List<Map<String, Object>> normal(Iterable<? extends Map<String, ?>> partitions) {
        List<Map<String, Object>> normal = new ArrayList<>();
        partitions.forEach(partition -> normal.add(PlainJson.normalMap(partition)));
        return normal;
    }

    @Override
    public void close() {
        log.close();
    }
}
