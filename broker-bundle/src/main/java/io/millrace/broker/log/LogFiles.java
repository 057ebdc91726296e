package io.millrace.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;

/**
 * A log's files where they change as a whole, not by what is appended: what is deleted goes, a cleaned segment takes the place of others, all of them
 * move to another folder. Readers go on meanwhile. Thread-safe.
 */
final class LogFiles {

    /** Makes a copy of this log's folder complete, which is durable and has the log's name on return. */
    interface Completion {
        PartitionFolder finish() throws IOException;
    }

    private final TopicPartition partition;
    private final LogPlace place;
    private final LogLocks locks;
    private final Segments segments;
    private final LogOffsets offsets;
    private final LeaderEpochs epochs;
    private final LogTail tail;
    private final LogFlush flush;
    private final LogCheckpoint checkpoint;
    private final Availability availability;
    private final OpenSegments openSegments;

    LogFiles(TopicPartition partition, LogPlace place, LogLocks locks, Segments segments, LogOffsets offsets, LeaderEpochs epochs, LogTail tail,
            LogFlush flush, LogCheckpoint checkpoint, Availability availability, OpenSegments openSegments) {
        this.partition = partition;
        this.place = place;
        this.locks = locks;
        this.segments = segments;
        this.offsets = offsets;
        this.epochs = epochs;
        this.tail = tail;
        this.flush = flush;
        this.checkpoint = checkpoint;
        this.availability = availability;
        this.openSegments = openSegments;
    }

    PartitionFolder folder() {
        return place.folder();
    }

    Segments segments() {
        return segments;
    }

    /** To be held by whoever makes or removes files in the folder. */
    ReentrantLock renaming() {
        return locks.renaming();
    }

    /** @see PartitionLog#deleteBefore */
    long deleteBefore(long offset) {
        locks.appending().lock();
        try {
            availability.check();
            if (offset > offsets.highWatermark() || offset < 0) {
                throw new OffsetOutOfRangeException(partition + ": cannot delete before offset " + offset + ", the high watermark is " + offsets.highWatermark());
            }
            if (offset > offsets.start()) {
                place.folder().writeStartOffset(offset);
                offsets.startAt(offset);
            }
        } catch (IOException e) {
            throw new KafkaStorageException(partition + ": the new start offset cannot be stored: " + e.getMessage(), e);
        } finally {
            locks.appending().unlock();
        }
        return offsets.start();
    }

    /** Takes out segments that retention no longer wants; the caller deletes them after the delay. */
    List<Segment> retire(LogLimits limits, long now) throws IOException {
        List<Segment> gone = new ArrayList<>();
        locks.renaming().lock();
        locks.appending().lock();
        try {
            Retention retention = new Retention(limits, segments.bytes(), offsets.start(), offsets.settled(), now);
            for (Segment segment = segments.first(); retention.takes(segment, segments.count() == 1); segment = segments.first()) {
                if (segments.count() == 1) {
                    tail.roll();
                }
                // First what may fail: a segment that is taken out and is not behind the start leaves a hole, and who reads there reads nothing for ever.
                segment.retire();
                segments.remove(segment);
                flush.forget(List.of(segment));
                checkpoint.forget(List.of(segment));
                gone.add(segment);
                offsets.startAt(Math.max(offsets.start(), segments.first().baseOffset()));
            }
            if (!gone.isEmpty()) {
                epochs.startAt(offsets.start());
            }
        } finally {
            locks.appending().unlock();
            locks.renaming().unlock();
        }
        return gone;
    }

    /**
     * Lets readers see a segment, which is whole on disk, in the place of others, whose files the caller closes when nobody can be reading them any
     * more. With {@code renaming} held.
     */
    void replace(List<Segment> old, long baseOffset, long endOffset) {
        Segment with = Segment.sealed(place.folder(), baseOffset, endOffset, openSegments);
        locks.flushing().lock();
        locks.appending().lock();
        try {
            flush.forget(old);
            checkpoint.forget(old);
            segments.replace(old, with);
        } finally {
            locks.appending().unlock();
            locks.flushing().unlock();
        }
    }

    /**
     * Goes on in a copy in another folder. Appends wait meanwhile, and nothing changes in this one; on failure the log stays here.
     *
     * @return the folder where the log was
     */
    PartitionFolder relocate(LogDir to, Completion completion) throws IOException {
        PartitionFolder before;
        locks.renaming().lock();
        locks.flushing().lock();
        locks.appending().lock();
        try {
            flush.run();
            availability.check();
            checkpoint.store(true);
            before = place.folder();
            PartitionFolder after = completion.finish();
            segments.all().forEach(segment -> segment.moveTo(after));
            checkpoint.moveTo(after);
            place.moveTo(after, to);
        } finally {
            locks.appending().unlock();
            locks.flushing().unlock();
            locks.renaming().unlock();
        }
        return before;
    }
}
