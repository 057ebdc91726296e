package io.millrace.broker.log;

import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
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

    private final LogPlace place;
    private final Segments segments;
    private final LogOffsets offsets;
    private final LogReplay replay;
    private final LeaderEpochs epochs;
    private final LogFlush flush;
    private final LogCheckpoint checkpoint;
    private final OpenSegments openSegments;
    private final Clock clock;

    LogTail(LogPlace place, Segments segments, LogOffsets offsets, LogReplay replay, LeaderEpochs epochs, LogFlush flush, LogCheckpoint checkpoint,
            OpenSegments openSegments, Clock clock) {
        this.place = place;
        this.segments = segments;
        this.offsets = offsets;
        this.replay = replay;
        this.epochs = epochs;
        this.flush = flush;
        this.checkpoint = checkpoint;
        this.openSegments = openSegments;
        this.clock = clock;
    }

    /** Offset of the next record. */
    long endOffset() {
        return offsets.end();
    }

    /** Takes over what a start found. A log without segments begins at that offset, durably on return. */
    void begin(long startOffset) throws IOException {
        if (segments.isEmpty()) {
            Segment first = addSegment(startOffset);
            DurableFile.syncFolder(place.folder().path());
            flush.beginIn(first);
        }
        offsets.endAt(segments.active().endOffset());
    }

    /** Goes on at that offset in a new segment, whatever is missing before it. */
    void skipTo(long offset) throws IOException {
        checkpoint.seal(segments.active());
        addSegment(offset);
        offsets.endAt(offset);
    }

    /**
     * Writes whole batches whose offsets are final, the first of them {@link #endOffset}.
     *
     * @param next         behind the last record
     * @param maxTimestamp of the records
     * @throws IOException if the disk refused them. Nothing of them remains, unless {@link #hasUnnoted}
     */
    void write(MemoryRecords records, long next, long maxTimestamp, int leaderEpoch, LogLimits limit, long now) throws IOException {
        epochs.begin(leaderEpoch, offsets.end());
        Segment active = activeFor(records.sizeInBytes(), next, maxTimestamp, limit, now);
        active.append(records, next, limit.indexIntervalBytes());
        for (RecordBatch batch : records.batches()) {
            replay.appended(active, batch);
        }
        offsets.endAt(next);
    }

    /** Somebody will ask for what was written last to be durable; it begins at that offset. */
    void stage(MemoryRecords written, long first) {
        flush.stage(segments.active(), first, offsets.end(), written.buffer());
    }

    /** Whether the active segment has batches that could not be noted. */
    boolean hasUnnoted() {
        return segments.active().endOffset() > offsets.end();
    }

    private Segment activeFor(int bytes, long nextOffset, long timestamp, LogLimits limit, long now) throws IOException {
        Segment active = segments.active();
        int filled = active.bytes();
        if (filled == 0) {
            return active;
        }
        if (!active.isAppendable()) {
            LOG.error("{}: damaged at the end since it was closed, a new segment is begun at offset {}", active.path(".log"), offsets.end());
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
        Segment next = addSegment(offsets.end());
        checkpoint.seal(sealed);
        checkpoint.remember(offsets.end());
        return next;
    }

    private Segment addSegment(long baseOffset) throws IOException {
        Segment segment = Segment.create(place.folder(), baseOffset, openSegments, clock.millis());
        segments.add(segment);
        flush.includes(segment);
        return segment;
    }
}
