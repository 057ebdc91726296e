package io.millrace.broker.log.clean;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** The segment into which others are cleaned. Nobody sees it before {@link #replace}. Either that or {@link #discard} ends it. */
public interface CleanedSegment {

    /** Adds whole batches with offsets after the ones before. */
    void append(MemoryRecords batches) throws IOException;

    /** Adds a transaction whose marker is kept in this segment. */
    void append(CleanableLog.AbortedTransaction aborted) throws IOException;

    /**
     * Takes the place of the segments it was cleaned from, which follow each other and begin where it begins. After a crash there are either they or
     * this one. Durable on return. If it fails before the others are touched, everything is as before and this is still to be discarded.
     *
     * @throws LogChanged if one of the segments is no longer part of the log, or the log is elsewhere
     * @throws org.apache.kafka.common.errors.KafkaStorageException if the log is offline
     */
    void replace(List<? extends CleanableSegment> cleaned) throws IOException;

    /** Removes what was written. Does nothing after {@link #replace}. */
    void discard();
}
