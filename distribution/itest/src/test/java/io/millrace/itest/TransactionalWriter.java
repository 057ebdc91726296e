package io.millrace.itest;

import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes transactions of {@link #RECORDS} records {@code ID:TRANSACTION:INDEX}, each to another partition, and aborts every fourth. Remembers
 * how each ended, as far as the broker told.
 */
final class TransactionalWriter implements AutoCloseable {

    static final int RECORDS = 3;
    private static final long PACE_NANOS = 3_000_000;

    enum Outcome { COMMITTED, ABORTED, UNKNOWN }

    private final String id;
    private final String topic;
    private final int partitions;
    private final Map<String, Object> settings;
    private final Map<Integer, Outcome> outcomes = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile int committed;

    TransactionalWriter(String id, String bootstrap, String topic, int partitions) {
        this.id = id;
        this.topic = topic;
        this.partitions = partitions;
        this.settings = ClientSettings.of(bootstrap, Map.of("transactional.id", id, "delivery.timeout.ms", "120000", "request.timeout.ms", "5000",
                "max.block.ms", "120000", "transaction.timeout.ms", "30000", "linger.ms", "0"));
        this.thread = Thread.ofPlatform().name("writer " + id).start(this::write);
    }

    private void write() {
        int transaction = 0;
        while (!stopped) {
            KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
            try {
                producer.initTransactions();
                while (!stopped) {
                    run(producer, transaction++);
                    LockSupport.parkNanos(PACE_NANOS);
                }
            } catch (RuntimeException fatal) {
                failures.add(id + ":" + (transaction - 1) + ": " + fatal);
            } finally {
                producer.close(stopped ? Duration.ofSeconds(10) : Duration.ZERO);
            }
        }
    }

    private void run(KafkaProducer<String, String> producer, int transaction) {
        outcomes.put(transaction, Outcome.UNKNOWN);
        producer.beginTransaction();
        try {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(topic, (transaction + i) % partitions, null, id + ":" + transaction + ":" + i));
            }
            if (transaction % 4 == 3) {
                producer.flush();
                producer.abortTransaction();
                outcomes.put(transaction, Outcome.ABORTED);
            } else {
                producer.commitTransaction();
                outcomes.put(transaction, Outcome.COMMITTED);
                committed++;
            }
        } catch (KafkaException abortable) {
            // Throws again if it was not.
            producer.abortTransaction();
            outcomes.put(transaction, Outcome.ABORTED);
        }
    }

    String id() {
        return id;
    }

    int committed() {
        return committed;
    }

    Map<Integer, Outcome> outcomes() {
        return outcomes;
    }

    /** Errors that no client can go on after, which a crash of the broker is no reason for. */
    Queue<String> failures() {
        return failures;
    }

    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
    }

    @Override
    public void close() {
        stopped = true;
    }
}
