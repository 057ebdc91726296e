package io.millrace.broker.coordinator;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionProducers;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.Verification;
import io.millrace.broker.metadata.LedPartition;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A state machine and the partition it lives in. Commands run one after another under a lock; what they decided is appended under it, too,
 * and made durable outside of it, so that one fsync serves all commands that came in the meantime. Nothing is answered before that.
 *
 * @param <M> the state
 */
public final class Shard<M extends StateMachine> {

    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final int READ_BYTES = 1 << 20;

    private final PartitionLog log;
    private final int epoch;
    private final Supplier<M> empty;
    private final Clock clock;
    private final Clockwork clockwork;
    private final ReentrantLock lock = new ReentrantLock();
    private M machine;
    private RuntimeException failure;
    /** Written under the lock; read without, where any value not older than the reader's command will do. */
    private volatile long appendedUntil;

    Shard(LedPartition led, Supplier<M> empty, Clock clock, Clockwork clockwork) {
        this.log = led.log();
        this.epoch = led.leaderEpoch();
        this.empty = empty;
        this.clock = clock;
        this.clockwork = clockwork;
        load();
    }

    /** One log that cannot be read leaves the other shards as they are. */
    private void load() {
        try {
            machine = replay();
            appendedUntil = log.endOffset();
        } catch (RuntimeException unreadable) {
            LOG.error("{} cannot be loaded, its groups or transactions are not served", partition(), unreadable);
            machine = empty.get();
            fail(new CoordinatorNotAvailableException(partition() + " cannot be loaded: " + unreadable.getMessage()));
        }
    }

    public TopicPartition partition() {
        return log.topicPartition();
    }

    /** Of the leadership that this coordinator has with its partition: fences markers of an earlier one. */
    public int epoch() {
        return epoch;
    }

    private M replay() {
        M state = empty.get();
        long offset = log.startOffset();
        while (offset < log.endOffset()) {
            Records read = log.read(offset, READ_BYTES, log.endOffset(), true);
            long before = offset;
            for (RecordBatch batch : read.batches()) {
                for (Record record : batch) {
                    if (batch.isControlBatch()) {
                        state.ended(batch.producerId(), ControlRecordType.parse(record.key()) == ControlRecordType.COMMIT);
                    } else {
                        state.replay(batch.isTransactional() ? batch.producerId() : Journal.NO_PRODUCER, batch.producerEpoch(), record.key(), record.value());
                    }
                }
                offset = batch.nextOffset();
            }
            if (offset == before) {
                break;
            }
        }
        state.loaded(clock.millis());
        return state;
    }

    /** Runs the command; what it decided is appended on return but not yet durable. */
    public <R> R run(BiFunction<M, Journal, R> command) {
        try {
            return decide(command);
        } finally {
            log.requestDurable();
        }
    }

    /** Likewise, for who has more to write before the disk is asked for all of it: with {@link #decided}. */
    public <R> R decide(BiFunction<M, Journal, R> command) {
        return run(command, true);
    }

    /** Likewise, if a replay without the command comes to the same: it need not be durable before whatever is decided next. */
    public void runLazily(BiConsumer<M, Journal> command) {
        run((state, journal) -> {
            command.accept(state, journal);
            return null;
        }, false);
    }

    private <R> R run(BiFunction<M, Journal, R> command, boolean durable) {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
            Journal journal = new Journal(clock.millis());
            try {
                return command.apply(machine, journal);
            } finally {
                append(journal, durable);
                clockwork.callBy(machine.nextDeadline());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Everything up to now; the disk is asked for it at the latest when somebody waits. */
    public Decided decided() {
        return new Decided(log, appendedUntil);
    }

    /** Blocks until everything is durable that was decided up to now. */
    public void awaitDurable() throws InterruptedException {
        log.awaitDurable(appendedUntil);
    }

    /** Waits for an answer that a command promised, and for what stands behind it to be durable. */
    public <R> R await(CompletableFuture<R> answer) throws InterruptedException {
        R response;
        try {
            response = answer.get();
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failed.getCause());
        }
        awaitDurable();
        return response;
    }

    /** As of the partition's log, see {@link PartitionProducers#verify}. */
    public Verification verify(long producerId, short producerEpoch) {
        return log.producers().verify(producerId, producerEpoch, 0, false);
    }

    /** In a command: no marker can come in between. */
    public boolean isVerified(long producerId, short producerEpoch, Verification verification) {
        return log.producers().isVerified(producerId, producerEpoch, verification);
    }

    public void refused(long producerId, Verification verification) {
        log.producers().refused(producerId, verification);
    }

    /** A transaction's marker reached this partition: appends it, and lets the state follow. The disk is asked for it by who has all its markers. */
    public void end(long producerId, short producerEpoch, boolean commit, int coordinatorEpoch, Origin origin) {
        decide((state, journal) -> {
            appended(log.append(marker(producerId, producerEpoch, commit, coordinatorEpoch, journal.now()), origin, epoch(), true));
            state.ended(producerId, commit);
            return null;
        });
    }

    public static MemoryRecords marker(long producerId, short producerEpoch, boolean commit, int coordinatorEpoch, long now) {
        return MemoryRecords.withEndTransactionMarker(0L, now, RecordBatch.NO_PARTITION_LEADER_EPOCH, producerId, producerEpoch,
                new EndTransactionMarker(commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, coordinatorEpoch));
    }

    long onTime() {
        lock.lock();
        try {
            if (failure != null) {
                return StateMachine.NEVER;
            }
            if (machine.nextDeadline() <= clock.millis()) {
                run((state, journal) -> {
                    state.onTime(journal);
                    return null;
                });
            }
            return machine.nextDeadline();
        } catch (Throwable failed) {
            // The clock's thread is that of all shards.
            LOG.error("{}: what was due could not be done", partition(), failed);
            return clock.millis() + 1_000;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            fail(new NotCoordinatorException("the coordinator of " + partition() + " stopped"));
        } finally {
            lock.unlock();
        }
    }

    private void fail(RuntimeException reason) {
        failure = reason;
        machine.abandon(reason);
    }

    private void append(Journal journal, boolean durable) {
        List<Journal.Entry> entries = journal.entries();
        try {
            for (int from = 0; from < entries.size(); ) {
                Journal.Entry first = entries.get(from);
                List<SimpleRecord> records = new ArrayList<>();
                int to = from;
                for (; to < entries.size() && entries.get(to).producerId() == first.producerId(); to++) {
                    records.add(new SimpleRecord(journal.now(), entries.get(to).key(), entries.get(to).value()));
                }
                appended(log.append(batch(first, records.toArray(SimpleRecord[]::new)), Origin.COORDINATOR, epoch(), durable));
                from = to;
            }
        } catch (RuntimeException refused) {
            // The state is ahead of the log now. What the log has is the truth.
            LOG.error("{}: the log refused {} records, the state is read from it again", partition(), entries.size(), refused);
            machine.abandon(new NotCoordinatorException(partition() + " refused a record: " + refused.getMessage()));
            try {
                machine = replay();
            } catch (RuntimeException unreadable) {
                fail(new NotCoordinatorException(partition() + " is offline: " + unreadable.getMessage()));
            }
            throw refused;
        }
    }

    private void appended(PartitionLog.Appended appended) {
        appendedUntil = Math.max(appendedUntil, appended.lastOffset() + 1);
    }

    private MemoryRecords batch(Journal.Entry first, SimpleRecord[] records) {
        if (first.producerId() == Journal.NO_PRODUCER) {
            return MemoryRecords.withRecords(Compression.NONE, records);
        }
        return MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, 0L, Compression.NONE, TimestampType.CREATE_TIME, first.producerId(),
                first.producerEpoch(), 0, RecordBatch.NO_PARTITION_LEADER_EPOCH, true, records);
    }
}
