package io.millrace.connect.client;

import io.millrace.api.plugin.PluginScope;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Makes clients of the node's broker. The shared Kafka bundle's loader is in view while one is made, whoever asks: clients look classes up
 * by name, and the threads they start keep the loader they are born with, which must never be a plugin's.
 */
public final class KafkaClients {

    private static final ClassLoader KAFKA = Producer.class.getClassLoader();

    private final String bootstrapServers;
    private final ClientDefaults defaults;

    /** @param defaults for those who make clients of tasks; the node's own do not heed them */
    public KafkaClients(String bootstrapServers, ClientDefaults defaults) {
        this.bootstrapServers = bootstrapServers;
        this.defaults = defaults;
    }

    public ClientDefaults defaults() {
        return defaults;
    }

    public String bootstrapServers() {
        return bootstrapServers;
    }

    public Producer<byte[], byte[]> producer(String clientId, Map<String, ?> settings) {
        Map<String, Object> all = base(clientId);
        all.put("acks", "all");
        all.put("enable.idempotence", true);
        all.put("delivery.timeout.ms", 60_000);
        all.put("request.timeout.ms", 20_000);
        all.put("max.block.ms", 60_000L);
        // A producer keeps a buffer of this size for each partition it wrote to, however little it writes; there may be a thousand producers.
        all.put("batch.size", 32_768);
        all.putAll(settings);
        return make(clientId, () -> new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    public Consumer<byte[], byte[]> consumer(String clientId, Map<String, ?> settings) {
        Map<String, Object> all = base(clientId);
        all.put("enable.auto.commit", false);
        all.put("auto.offset.reset", "earliest");
        all.putAll(settings);
        return make(clientId, () -> new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
    }

    public Admin admin(String clientId) {
        return admin(clientId, Map.of());
    }

    public Admin admin(String clientId, Map<String, ?> settings) {
        Map<String, Object> all = base(clientId);
        all.putAll(settings);
        return make(clientId, () -> Admin.create(all));
    }

    /** Kafka's clients say that they failed, and only their causes say of what. */
    private static <T> T make(String clientId, Supplier<T> maker) {
        try (var _ = PluginScope.of(KAFKA)) {
            return maker.get();
        } catch (KafkaException e) {
            if (e.getCause() == null) {
                throw e;
            }
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            throw new ConnectException("the client " + clientId + " cannot be made: " + root + "; correct its settings", e);
        }
    }

    private Map<String, Object> base(String clientId) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("client.id", clientId);
        settings.put("reconnect.backoff.max.ms", 1_000L);
        // Nothing inside the platform reports to a remote collector or reads JMX of its own clients.
        settings.put("enable.metrics.push", false);
        settings.put("metric.reporters", "");
        return settings;
    }
}
