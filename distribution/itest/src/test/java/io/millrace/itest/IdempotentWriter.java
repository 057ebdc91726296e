package io.millrace.itest;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes {@code ID:0, ID:1, ...} round robin over a topic's partitions with {@code acks=all} until told to stop, through any number of crashes
 * of the broker. Remembers where each acknowledged record is said to be.
 */
final class IdempotentWriter implements AutoCloseable {

    private static final int OUTSTANDING = 400;
    private static final int BURST = 10;
    private static final long PACE_NANOS = 2_000_000;

    private final String id;
    private final String topic;
    private final int partitions;
    private final KafkaProducer<String, String> producer;
    private final Semaphore room = new Semaphore(OUTSTANDING);
    private final Map<Integer, Long> acknowledged = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile int sent;

    IdempotentWriter(String id, String bootstrap, String topic, int partitions, Map<String, Object> more) {
        this.id = id;
        this.topic = topic;
        this.partitions = partitions;
        this.producer = new KafkaProducer<>(ClientSettings.of(bootstrap, Map.of("acks", "all", "enable.idempotence", "true", "linger.ms", "1",
                "batch.size", "2000", "delivery.timeout.ms", "120000", "request.timeout.ms", "5000", "max.block.ms", "120000"), more),
                new StringSerializer(), new StringSerializer());
        this.thread = Thread.ofPlatform().name("writer " + id).start(this::write);
    }

    private void write() {
        try {
            for (int n = 0; !stopped; n++) {
                room.acquire();
                int number = n;
                producer.send(new ProducerRecord<>(topic, n % partitions, null, id + ":" + n), (where, failure) -> completed(number, where, failure));
                sent = n + 1;
                if (n % BURST == 0) {
                    LockSupport.parkNanos(PACE_NANOS);
                }
            }
        } catch (Exception e) {
            failures.add(id + " stopped after " + sent + " records: " + e);
        }
    }

    private void completed(int number, RecordMetadata where, Exception failure) {
        room.release();
        if (failure == null) {
            acknowledged.put(number, where.offset());
        } else {
            failures.add(id + ":" + number + ": " + failure);
        }
    }

    String id() {
        return id;
    }

    int sent() {
        return sent;
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    /** Offset in partition {@code number % partitions} by the record's number. */
    Map<Integer, Long> acknowledged() {
        return acknowledged;
    }

    Queue<String> failures() {
        return failures;
    }

    /** Ends writing and waits for what is under way. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join();
        producer.flush();
    }

    @Override
    public void close() {
        stopped = true;
        producer.close(java.time.Duration.ZERO);
    }
}
