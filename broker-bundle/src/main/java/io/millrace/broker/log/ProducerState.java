package io.millrace.broker.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;

/**
 * What one producer has written to one partition: the rules of idempotence (KIP-98, KIP-360). Not thread-safe; no clock, no I/O.
 */
final class ProducerState {

    /** A producer may have five requests in flight, so a repeated batch is one of the last five. */
    static final int BATCHES_KEPT = 5;
    static final long NO_TRANSACTION = -1;

    /** One appended batch: sequences and offsets of its first and last record. */
    record Batch(int firstSequence, int lastSequence, long firstOffset, long lastOffset, long timestamp) {}

    private final long producerId;
    private short epoch;
    private int coordinatorEpoch = -1;
    private long lastTimestamp = -1;
    private long transactionStart = NO_TRANSACTION;
    private long endedAt = -1;
    private final Deque<Batch> batches = new ArrayDeque<>(BATCHES_KEPT);

    ProducerState(long producerId, short epoch) {
        this.producerId = producerId;
        this.epoch = epoch;
    }

    /** A state read from a snapshot. */
    ProducerState(long producerId, short epoch, int coordinatorEpoch, long lastTimestamp, long transactionStart, List<Batch> kept) {
        this(producerId, epoch);
        this.coordinatorEpoch = coordinatorEpoch;
        this.lastTimestamp = lastTimestamp;
        this.transactionStart = transactionStart;
        batches.addAll(kept);
    }

    /** @return the batch that this one repeats, or null */
    Batch duplicateOf(short batchEpoch, int firstSequence, int lastSequence) {
        if (batchEpoch != epoch || firstSequence < 0) {
            return null;
        }
        for (Batch batch : batches) {
            if (batch.firstSequence == firstSequence && batch.lastSequence == lastSequence) {
                return batch;
            }
        }
        return null;
    }

    /** Refuses a batch of a fenced epoch. */
    void checkEpoch(TopicPartition partition, short batchEpoch) {
        if (batchEpoch < epoch) {
            throw new InvalidProducerEpochException("producer " + producerId + " of epoch " + batchEpoch + " was fenced on " + partition
                    + " by epoch " + epoch);
        }
    }

    /** Refuses a batch that leaves a gap. Each epoch begins with 0, also one that a marker began. */
    void checkSequence(TopicPartition partition, short batchEpoch, int firstSequence) {
        if (batchEpoch > epoch) {
            if (firstSequence != 0) {
                throw new OutOfOrderSequenceException("producer " + producerId + " begins epoch " + batchEpoch + " on " + partition
                        + " with sequence " + firstSequence + ", expected 0");
            }
        } else if (firstSequence != next(lastSequence())) {
            throw new OutOfOrderSequenceException("producer " + producerId + " sent sequence " + firstSequence + " to " + partition
                    + ", expected " + next(lastSequence()));
        }
    }

    void appended(short batchEpoch, Batch batch, boolean transactional) {
        begin(batchEpoch);
        if (batches.size() == BATCHES_KEPT) {
            batches.removeFirst();
        }
        batches.addLast(batch);
        lastTimestamp = batch.timestamp;
        if (transactional && transactionStart == NO_TRANSACTION) {
            transactionStart = batch.firstOffset;
        }
    }

    /** A marker ended the transaction; its epoch fences earlier ones, and sequences begin anew if it is a later one. */
    void ended(short markerEpoch, int markerCoordinatorEpoch, long timestamp, long offset) {
        begin(markerEpoch);
        endedAt = offset;
        coordinatorEpoch = markerCoordinatorEpoch;
        lastTimestamp = timestamp;
        transactionStart = NO_TRANSACTION;
    }

    private void begin(short newEpoch) {
        if (newEpoch != epoch) {
            epoch = newEpoch;
            batches.clear();
        }
    }

    /** The sequence after {@code sequence}: 0 follows 2^31-1. */
    static int next(int sequence) {
        return sequence == Integer.MAX_VALUE ? 0 : sequence + 1;
    }

    long producerId() {
        return producerId;
    }

    short epoch() {
        return epoch;
    }

    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    long lastTimestamp() {
        return lastTimestamp;
    }

    /** Offset of the open transaction's first record, or {@link #NO_TRANSACTION}. */
    long transactionStart() {
        return transactionStart;
    }

    /** Offset of the last marker, or -1 if there was none since the log was opened. */
    long endedAt() {
        return endedAt;
    }

    int lastSequence() {
        return batches.isEmpty() ? -1 : batches.peekLast().lastSequence;
    }

    /** The kept batches but for the last, in order. */
    List<Batch> earlier() {
        return batches.stream().limit(Math.max(0, batches.size() - 1)).toList();
    }

    Batch last() {
        return batches.peekLast();
    }
}
