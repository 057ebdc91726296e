package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * A compacted topic as a table: makes it if need be and reads it to its end, from where the last reading stopped. Only committed records
 * count. Thread-safe, and those who wait let others read meanwhile.
 */
final class TopicLog implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(100);
    private static final long TIMEOUT_MS = 70_000;

    private final String topic;
    private final Admin admin;
    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final Consumer<ConsumerRecord<byte[], byte[]>> table;
    private final List<TopicPartition> partitions;
    private final ReentrantLock lock = new ReentrantLock(true);

    TopicLog(KafkaClients clients, Admin admin, String topic, Consumer<ConsumerRecord<byte[], byte[]>> table) {
        this.topic = topic;
        this.admin = admin;
        this.table = table;
        make();
        this.partitions = List.of(new TopicPartition(topic, 0));
        this.consumer = clients.consumer("connect-reads-" + topic, Map.of("isolation.level", "read_committed", "fetch.max.wait.ms", 100));
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    private void make() {
        NewTopic compacted = new NewTopic(topic, 1, (short) -1).configs(Map.of("cleanup.policy", "compact"));
        try {
            admin.createTopics(List.of(compacted)).all().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new ConnectException("internal topic " + topic + " cannot be made: " + e.getCause(), e.getCause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while making topic " + topic, e);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new ConnectException("internal topic " + topic + " was not made within 30 s; is the broker well?", e);
        }
    }

    /** Blocks until every record that was in the topic at the call is in the table, also for the end of transactions that are open. */
    void readToEnd() throws InterruptedException {
        // Not the consumer's own idea of the end: for committed reading that is the start of the oldest open transaction, of anybody.
        readTo(ends(IsolationLevel.READ_UNCOMMITTED));
    }

    /**
     * Blocks until every record that was before the first open transaction at the call is in the table.
     *
     * @return the offset of that transaction, or the topic's end
     */
    long readCommitted() throws InterruptedException {
        Map<TopicPartition, Long> ends = ends(IsolationLevel.READ_COMMITTED);
        readTo(ends);
        return ends.get(partitions.getFirst());
    }

    private void readTo(Map<TopicPartition, Long> ends) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        while (!step(ends)) {
            if (System.nanoTime() > deadline) {
                throw new ConnectException("internal topic " + topic + ": its end " + ends + " was not reached within " + TIMEOUT_MS
                        + " ms; a transaction may be hanging below it");
            }
        }
    }

    /** @return whether the ends are reached */
    private boolean step(Map<TopicPartition, Long> ends) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if (reached(ends, partitions)) {
                return true;
            }
            consumer.poll(STEP).forEach(table);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return reached(ends, partitions);
        } catch (org.apache.kafka.common.errors.InterruptException | WakeupException e) {
            throw new InterruptedException();
        } finally {
            lock.unlock();
        }
    }

    private Map<TopicPartition, Long> ends(IsolationLevel isolation) throws InterruptedException {
        try {
            return admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, _ -> OffsetSpec.latest())),
                            new ListOffsetsOptions(isolation)).all().get(30, TimeUnit.SECONDS)
                    .entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new ConnectException("internal topic " + topic + ": its end cannot be found: " + e, e);
        }
    }

    private boolean reached(Map<TopicPartition, Long> ends, Collection<TopicPartition> of) {
        return of.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
    }

    @Override
    public void close() {
        consumer.wakeup();
        lock.lock();
        try {
            consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(1)));
        } finally {
            lock.unlock();
        }
    }
}
