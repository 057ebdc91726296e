package io.millrace.broker.log;

import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a log: the segment that is written to, when the next one begins, and the offset of the next record. What batches tell of producers and
 * epochs is noted as they are written. Called with the log's {@code appending} held, but for {@link #endOffset}.
 */
final class LogTail {

    private static final Logger LOG = LoggerFactory.getLogger(LogTail.class);

    private final Supplier<PartitionFolder> folder;
    private final Segments segments;
    private final LogReplay replay;
    private final LeaderEpochs epochs;
    private final LogFlush flush;
    private final LogCheckpoint checkpoint;
    private final OpenSegments openSegments;
    private final Clock clock;
    private volatile long endOffset;

    /** @param folder where the log is now */
    LogTail(Supplier<PartitionFolder> folder, Segments segments, LogReplay replay, LeaderEpochs epochs, LogFlush flush, LogCheckpoint checkpoint,
            OpenSegments openSegments, Clock clock) {
        this.folder = folder;
        this.segments = segments;
        this.replay = replay;
        this.epochs = epochs;
        this.flush = flush;
        this.checkpoint = checkpoint;
        this.openSegments = openSegments;
        this.clock = clock;
    }

    /** Offset of the next record. */
    long endOffset() {
        return endOffset;
    }

    /** Takes over what a start found. A log without segments begins at that offset, durably on return. */
    void begin(long startOffset) throws IOException {
        if (segments.isEmpty()) {
            addSegment(startOffset);
            DurableFile.syncFolder(folder.get().path());
        }
        endOffset = segments.active().endOffset();
    }

    /** Goes on at that offset in a new segment, whatever is missing before it. */
    void skipTo(long offset) throws IOException {
        checkpoint.seal(segments.active());
        addSegment(offset);
        endOffset = offset;
    }

    /**
     * Writes whole batches whose offsets are final, the first of them {@link #endOffset}.
     *
     * @param next         behind the last record
     * @param maxTimestamp of the records
     * @throws IOException if the disk refused them. Nothing of them remains, unless the active segment says that it ends behind them
     */
    void write(MemoryRecords records, long next, long maxTimestamp, int leaderEpoch, LogLimits limit, long now) throws IOException {
        epochs.begin(leaderEpoch, endOffset);
        Segment active = activeFor(records.sizeInBytes(), next, maxTimestamp, limit, now);
        active.append(records, next, limit.indexIntervalBytes());
        for (RecordBatch batch : records.batches()) {
            replay.appended(active, batch);
        }
        endOffset = next;
    }

    private Segment activeFor(int bytes, long nextOffset, long timestamp, LogLimits limit, long now) throws IOException {
        Segment active = segments.active();
        int filled = active.bytes();
        if (filled == 0) {
            return active;
        }
        if (!active.isAppendable()) {
            LOG.error("{}: damaged at the end since it was closed, a new segment is begun at offset {}", active.path(".log"), endOffset);
            return roll();
        }
        boolean full = (long) filled + bytes > limit.segmentBytes() || nextOffset - active.baseOffset() > Integer.MAX_VALUE
                || active.isIndexFull(limit.segmentIndexBytes());
        boolean old = active.age(timestamp, now) > limit.segmentMs() - active.jitter(limit.segmentJitterMs(), ThreadLocalRandom.current());
        return full || old ? roll() : active;
    }

    /** Begins a new segment. What belongs to the end of the old one is written by the next checkpoint: nobody waits for it. */
    Segment roll() throws IOException {
        Segment sealed = segments.active();
        Segment next = addSegment(endOffset);
        checkpoint.seal(sealed);
        checkpoint.remember(endOffset);
        return next;
    }

    private Segment addSegment(long baseOffset) throws IOException {
        Segment segment = Segment.create(folder.get(), baseOffset, openSegments, clock.millis());
        segments.add(segment);
        flush.includes(segment);
        return segment;
    }
}
