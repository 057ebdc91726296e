package io.millrace.connect.sink;

import io.millrace.connect.task.TaskSetup;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How far a sink task is in its partitions: put, and of that committed after the task has flushed it. Confined to the task's thread. */
final class SinkOffsets {

    private static final Logger LOG = LoggerFactory.getLogger(SinkOffsets.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final TaskSetup setup;
    private final Consumer<byte[], byte[]> consumer;
    private final RecordErrors errors;
    private final Map<TopicPartition, OffsetAndMetadata> delivered = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
    private long lastCommitNanos = System.nanoTime();

    SinkOffsets(TaskSetup setup, Consumer<byte[], byte[]> consumer, RecordErrors errors) {
        this.setup = setup;
        this.consumer = consumer;
        this.errors = errors;
    }

    void assigned(Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            delivered.put(partition, new OffsetAndMetadata(consumer.position(partition)));
            committed.put(partition, delivered.get(partition));
        }
    }

    void drop(Collection<TopicPartition> partitions) {
        delivered.keySet().removeAll(partitions);
        committed.keySet().removeAll(partitions);
    }

    void delivered(Map<TopicPartition, OffsetAndMetadata> upTo) {
        delivered.putAll(upTo);
    }

    long msSinceCommit() {
        return (System.nanoTime() - lastCommitNanos) / 1_000_000;
    }

    /** Commits what the task says is flushed; never more than it was given, and nothing if it wants to be asked again. */
    void commit(SinkTask task) throws InterruptedException {
        long began = System.nanoTime();
        lastCommitNanos = began;
        Map<TopicPartition, OffsetAndMetadata> wanted;
        try {
            wanted = task.preCommit(new HashMap<>(delivered));
        } catch (RetriableException e) {
            setup.counters().retriedAfter(e);
            setup.counters().commitFailed();
            LOG.warn("task {}: flush failed, offsets are not committed yet: {}", setup.id(), e.toString());
            return;
        }
        errors.settle();
        Map<TopicPartition, OffsetAndMetadata> allowed = allowed(wanted);
        if (allowed.isEmpty()) {
            return;
        }
        try {
            commitSync(allowed);
            committed.putAll(allowed);
            setup.counters().committed(System.currentTimeMillis(), System.nanoTime() - began);
        } catch (CommitFailedException | RebalanceInProgressException e) {
            setup.counters().commitFailed();
            LOG.info("task {}: offsets not committed, the group rebalances; the records may be delivered again: {}", setup.id(), e.getMessage());
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> allowed(Map<TopicPartition, OffsetAndMetadata> wanted) {
        Map<TopicPartition, OffsetAndMetadata> allowed = new HashMap<>();
        if (wanted != null) {
            wanted.forEach((partition, offset) -> {
                OffsetAndMetadata reached = delivered.get(partition);
                if (offset != null && reached != null && offset.offset() <= reached.offset() && !offset.equals(committed.get(partition))) {
                    allowed.put(partition, offset);
                }
            });
        }
        return allowed;
    }

    private void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets, TIMEOUT);
        } catch (WakeupException e) {
            // The wake-up was meant for poll.
            consumer.commitSync(offsets, TIMEOUT);
        }
    }
}
