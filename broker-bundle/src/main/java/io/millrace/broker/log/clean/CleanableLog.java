package io.millrace.broker.log.clean;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * A partition's log as the cleaner sees it. One thread cleans a log at a time, while others append to it, read it and delete it.
 *
 * <p>Two objects are equal if they stand for the same log; a topic that was deleted and made again has another one.
 */
public interface CleanableLog {

    TopicPartition partition();

    /** The topic properties in force now. */
    CompactionPolicy policy();

    /** Whether it can be read and written: not deleted, not closed, its disk in order. */
    boolean isOnline();

    long startOffset();

    long endOffset();

    /**
     * Up to where records are decided and safe: before the first open transaction, and on stable storage, so that no record is dropped in favour
     * of one that a power failure takes away.
     */
    long settledOffset();

    /** By base offset; the last one is appended to. */
    List<? extends CleanableSegment> segments();

    /** Aborted transactions that overlap [fromOffset, toOffset), whatever segment their markers are in. */
    List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset);

    /** What each producer that is remembered wrote last, by producer id. */
    Map<Long, LastRecord> lastRecordsOfProducers();

    /**
     * Begins the segment that will stand in the place of others.
     *
     * @throws org.apache.kafka.common.errors.KafkaStorageException if the log is offline
     */
    CleanedSegment begin(long baseOffset) throws IOException;

    /** As in Kafka's transaction index: {@code lastStableOffset} is where it was before the marker, which is at {@code lastOffset}. */
    record AbortedTransaction(long producerId, long firstOffset, long lastOffset, long lastStableOffset) {}

    /** @param dataOffset of the last record other than a marker in this epoch, or -1 */
    record LastRecord(long dataOffset, short producerEpoch) {}
}
