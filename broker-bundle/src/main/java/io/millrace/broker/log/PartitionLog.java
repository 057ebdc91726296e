package io.millrace.broker.log;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;

/**
 * One partition's log on this node. Thread-safe: appends are serial, reads run beside them without a lock.
 *
 * <p>Failures of the protocol's kind are thrown as the {@link org.apache.kafka.common.errors.ApiException} whose code goes on the wire;
 * {@link org.apache.kafka.common.errors.KafkaStorageException} means the log is offline.
 */
public interface PartitionLog {

    TopicPartition topicPartition();

    Uuid topicId();

    /** The topic properties in force, as set: reads see a later change. */
    LogConfig config();

    void reconfigure(LogConfig config);

    /**
     * Validates the batches (CRC, offsets, magic 2, timestamps, size, sequence and epoch of idempotent producers), assigns offsets and
     * {@code leaderEpoch}, and writes them to the page cache. The buffer's headers are changed in place. Does not wait for the disk,
     * unless the topic has {@code flush.messages} and so many records are not there yet.
     *
     * <p>With {@code durable} readers see the records when they are on stable storage, which the caller has to ask for: {@link #requestDurable}.
     *
     * <p>A batch that repeats one of the producer's last five is not written: the answer has the offsets of the first time.
     */
    default Appended append(MemoryRecords records, Origin origin, int leaderEpoch, boolean durable) {
        return append(records, origin, leaderEpoch, durable, null);
    }

    /**
     * As above, of a client's transaction.
     *
     * @param verification of {@link PartitionProducers#verify}, or null if the transaction is open here
     * @throws org.apache.kafka.common.errors.InvalidTxnStateException if it is not open here and the verification is from before it ended
     */
    Appended append(MemoryRecords records, Origin origin, int leaderEpoch, boolean durable, Verification verification);

    /** Those who write here, as far as it knows of them. */
    PartitionProducers producers();

    /**
     * Has everything that was appended brought to stable storage, and does not wait. Whoever appends to several logs asks when all of them have their
     * records: then one write to the disk serves all. Does nothing when the topic has {@code write.caching=true}.
     */
    void requestDurable();

    /**
     * As {@link #requestDurable}, for who has appended to this log only and has time: the calling thread writes to the disk itself if nobody else does.
     * Must not be a thread that is ever interrupted.
     */
    void commit();

    /**
     * Blocks until everything before {@code offset} is on stable storage; one fsync serves all who wait on a disk. Returns at once when the
     * topic has {@code write.caching=true}.
     *
     * @throws org.apache.kafka.common.errors.KafkaStorageException if the disk failed; then it is unknown what is stored
     */
    void awaitDurable(long offset) throws InterruptedException;

    /**
     * Has {@code then} run, once, as soon as {@link #awaitDurable} returns or throws at once.
     *
     * @param then run by any thread, maybe before this returns: quick, does not block
     * @return false if it does so already; then nothing is run
     */
    boolean whenDurable(long offset, Runnable then);

    long startOffset();

    /** Offset of the next record. */
    long endOffset();

    /**
     * Up to where consumers read: everything before was either appended with {@code durable=false} and nothing durable is missing before it,
     * or is on stable storage.
     */
    long highWatermark();

    /** Offset of the first record of the oldest open transaction, at most {@link #highWatermark()}. */
    long lastStableOffset();

    int leaderEpoch();

    /**
     * Whole batches from the one that contains {@code offset}, as a slice of a segment's file that stays readable until closed by the log's
     * delayed delete. Empty if nothing is there.
     *
     * @param maxBytes     bound of the slice
     * @param maxOffset    exclusive; no batch that begins at or after it is returned
     * @param minOneBatch  whether one batch larger than {@code maxBytes} is returned
     * @throws org.apache.kafka.common.errors.OffsetOutOfRangeException outside of [{@link #startOffset()}, {@link #endOffset()}]
     */
    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch);

    /**
     * As {@link #read}, with the aborted transactions whose records are among what was read, by first offset, and maybe some beyond. Both are of one
     * moment: of a transaction that is cleaned or deleted meanwhile there are records and mention, or neither.
     */
    Committed readCommitted(long offset, int maxBytes, long maxOffset, boolean minOneBatch);

    /** Aborted transactions that overlap [fromOffset, toOffset), by first offset. */
    List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset);

    /** The first record at or after the time, in the log up to {@code maxOffset}. */
    Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset);

    /** The record of the greatest timestamp. */
    Optional<TimestampAndOffset> maxTimestamp();

    /** Largest epoch at most {@code leaderEpoch}, and where the next one begins (KIP-101, KIP-320). {@code (-1, -1)} if unknown. */
    EpochEnd endOfEpoch(int leaderEpoch);

    /** The leader epoch that the offset was or will be written in; -1 if nothing was ever written. */
    int epochAt(long offset);

    /** Removes what is before the offset, durably. @return the new start offset */
    long deleteBefore(long offset);

    /** Bytes on disk. */
    long size();

    int segments();

    /** Producers remembered; may be a little out of date. */
    int producerCount();

    /** Whether it takes and gives records: not after its disk failed. */
    boolean isOnline();

    /** Called after {@link #highWatermark()} or {@link #lastStableOffset()} moved, on the thread that moved them: be quick, do not block. */
    void addListener(Runnable moved);

    void removeListener(Runnable moved);

    /** Where a batch comes from, which decides how far it is trusted. */
    enum Origin {
        /** A client: control batches and producer epochs of others are refused. */
        CLIENT,
        /** A coordinator of this cluster: may append control batches; sequences are its own business. */
        COORDINATOR,
        /**
         * As before, on behalf of a producer that gets a new epoch with each transaction: a marker of an epoch that was seen already comes too
         * late (KIP-1228).
         */
        COORDINATOR_OF_NEW_EPOCHS,
        /** A replica: offsets and epochs are taken as they are. */
        REPLICATION;

        boolean isCoordinator() {
            return this == COORDINATOR || this == COORDINATOR_OF_NEW_EPOCHS;
        }
    }

    /**
     * @param firstOffset   of the first record; of the first time if a duplicate
     * @param lastOffset    of the last record
     * @param logAppendTime in milliseconds, or -1 unless the topic stamps records itself; the batch's own time if a duplicate
     * @param startOffset   of the log
     * @param duplicate     whether nothing was written because the producer had written it before
     */
    record Appended(long firstOffset, long lastOffset, long logAppendTime, long startOffset, boolean duplicate) {}

    record Committed(Records records, List<AbortedTransaction> aborted) {}

    record EpochEnd(int leaderEpoch, long endOffset) {}
}
