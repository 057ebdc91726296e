package io.millrace.streams.job;

import io.millrace.api.plugin.PluginScope;
import io.millrace.streams.task.Output;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A worker's transactions: what it sends, and the offsets of what it made that from, take effect together. Used by one thread. A second instance
 * with the same id fences the first (KIP-98).
 */
final class Transactions implements Output, AutoCloseable {

    private final KafkaProducer<byte[], byte[]> producer;
    private final ConsumerGroupMetadata group;
    private boolean open;
    private long sent;
    private volatile Exception failure;

    /** Blocks until transactions that an earlier instance left open are over. */
    Transactions(String bootstrapServers, String group, String transactionalId) {
        Map<String, Object> config = new HashMap<>();
        config.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        config.put(ProducerConfig.CLIENT_ID_CONFIG, transactionalId);
        config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        config.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 10_000);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 30_000);
        // Batches leave when they are full or the commit flushes them.
        config.put(ProducerConfig.LINGER_MS_CONFIG, 100);
        config.put(ProducerConfig.BATCH_SIZE_CONFIG, 64 * 1024);
        config.put(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        this.group = new ConsumerGroupMetadata(group);
        try (var _ = PluginScope.of(KafkaProducer.class.getClassLoader())) {
            producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        }
        try {
            producer.initTransactions();
        } catch (RuntimeException e) {
            producer.close(Duration.ZERO);
            throw e;
        }
    }

    @Override
    public void send(String topic, int partition, byte[] key, byte[] value, long timestamp) {
        begin();
        sent++;
        producer.send(new ProducerRecord<>(topic, partition == BY_KEY ? null : partition, timestamp, key, value), (_, exception) -> {
            if (exception != null && failure == null) {
                failure = exception;
            }
        });
    }

    private void begin() {
        if (!open) {
            producer.beginTransaction();
            open = true;
        }
    }

    /** Blocks until the transaction is durable; a failure leaves it to be aborted by the next instance. @return how many records it has */
    long commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        begin();
        producer.flush();
        if (failure != null) {
            throw new IllegalStateException("cannot write: " + failure.getMessage(), failure);
        }
        producer.sendOffsetsToTransaction(positions, group);
        producer.commitTransaction();
        open = false;
        long written = sent;
        sent = 0;
        return written;
    }

    @Override
    public void close() {
        try {
            if (open) {
                // Else readers of committed records would wait for the transaction's timeout.
                producer.abortTransaction();
            }
        } catch (RuntimeException e) {
            // The next instance's initTransactions aborts it.
        } finally {
            producer.close(Duration.ofSeconds(2));
        }
    }
}
