package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What stands beside the segments of a log, so that its next start has little to read: index files of sealed segments, snapshots of producers, leader
 * epochs; and up to where they tell of everything. What an append leaves to be written waits here for the next checkpoint, which nobody waits for.
 *
 * <p>What notes something is called with {@code appending} held; what writes holds {@code renaming}, and {@code appending} to look and not to write.
 */
final class LogCheckpoint {

    /** Log bytes after which index and producers are stored again: recovery has no more than that to read. */
    private static final int WORTH_STORING = 16 * 1024 * 1024;
    /** Checkpoints after which a log is taken to be idle. */
    private static final int IDLE_CHECKS = 60;
    /** Snapshots held for a disk that does not take them. */
    private static final int MOST_UNWRITTEN = 4;

    private final LogLocks locks;
    private final Segments segments;
    private final ProducerStates producers;
    private final ProducerSnapshots snapshots;
    private final LeaderEpochs epochs;
    private final LogOffsets offsets;
    private final LogFlush flush;
    private final Availability availability;
    /** Sealed, but for the files of their indexes. */
    private final List<Segment> unstored = new ArrayList<>();
    /** Snapshots that are not in files yet, by offset. */
    private final TreeMap<Long, ByteBuffer> unwritten = new TreeMap<>();
    private volatile long recoveryPoint;
    /** End of the log when its indexes and producers were stored completely. */
    private volatile long completeAt = -1;
    /** Of {@link #look}, which one thread calls. */
    private long endAtCheck = -1;
    private int idleChecks;

    LogCheckpoint(LogLocks locks, Segments segments, ProducerStates producers, ProducerSnapshots snapshots, LeaderEpochs epochs, LogOffsets offsets,
            LogFlush flush, Availability availability) {
        this.locks = locks;
        this.segments = segments;
        this.producers = producers;
        this.snapshots = snapshots;
        this.epochs = epochs;
        this.offsets = offsets;
        this.flush = flush;
        this.availability = availability;
    }

    /** What a start found. @param complete end of a log that was closed in order, or -1 */
    void begin(long durable, long complete) {
        recoveryPoint = durable;
        completeAt = complete;
    }

    /** The segment is not appended to any more. */
    void seal(Segment segment) {
        segment.seal();
        unstored.add(segment);
    }

    /** The producers as they are at that offset go with the next checkpoint. */
    void remember(long offset) {
        if (unwritten.size() >= MOST_UNWRITTEN) {
            unwritten.pollFirstEntry();
        }
        unwritten.put(offset, producers.snapshot());
    }

    /** They are no longer part of the log. */
    void forget(Collection<Segment> gone) {
        unstored.removeAll(gone);
    }

    /** Brings to disk what was appended, and beside it what the next start would otherwise have to read the log for. */
    void write() throws IOException {
        flush.run();
        store(false);
    }

    /** Whether to {@link #store}: what is not in the log's own files a start finds there or in the journal, and with it what stands beside it. */
    boolean isOwed() {
        return recoveryPoint < flush.syncedOffset();
    }

    /** Leaves nothing for the next start to look for, unless the log is not online. */
    void complete() throws IOException {
        locks.appending().lock();
        try {
            if (!availability.isOnline() || completeAt == offsets.end() && unstored.isEmpty() && unwritten.isEmpty()) {
                return;
            }
            segments.active().seal();
        } finally {
            locks.appending().unlock();
        }
        store(true);
    }

    /**
     * Writes what waits, unless the log is not online.
     *
     * @param complete whether the active segment's index and the producers are stored whatever little has changed
     * @return whether anything had to be written
     */
    boolean store(boolean complete) throws IOException {
        locks.renaming().lock();
        try {
            return storeAlone(complete);
        } finally {
            locks.renaming().unlock();
        }
    }

    private boolean storeAlone(boolean complete) throws IOException {
        long durable;
        Segment active;
        boolean worth;
        List<Segment> sealed;
        TreeMap<Long, ByteBuffer> taken;
        LeaderEpochs.Unwritten newEpochs;
        locks.appending().lock();
        try {
            if (!availability.isOnline()) {
                return false;
            }
            durable = flush.syncedOffset();
            active = segments.active();
            worth = complete || active.bytesSinceStore() >= WORTH_STORING;
            if (worth) {
                remember(offsets.end());
            }
            sealed = List.copyOf(unstored);
            taken = new TreeMap<>(unwritten);
            // What is behind the recovery point a start finds in the log.
            newEpochs = complete || durable > recoveryPoint ? epochs.unwritten() : null;
        } finally {
            locks.appending().unlock();
        }
        if (newEpochs != null) {
            newEpochs.write();
        }
        for (Segment segment : sealed) {
            segment.storeIndex(true);
        }
        if (worth) {
            active.storeIndex(false);
        } else {
            active.aborted().flush();
        }
        for (Map.Entry<Long, ByteBuffer> snapshot : taken.entrySet()) {
            snapshots.write(snapshot.getKey(), snapshot.getValue().duplicate(), offset -> segments.begins(offset));
        }
        locks.appending().lock();
        try {
            unstored.removeAll(sealed);
            unwritten.keySet().removeAll(taken.keySet());
            if (newEpochs != null) {
                epochs.written(newEpochs);
            }
        } finally {
            locks.appending().unlock();
        }
        recoveryPoint = durable;
        if (complete) {
            completeAt = durable;
        }
        return worth || newEpochs != null || !sealed.isEmpty() || !taken.isEmpty();
    }

    /** Up to where everything is on stable storage and has its indexes there: recovery looks at what follows. */
    long recoveryPoint() {
        return recoveryPoint;
    }

    /** Goes on in another folder, which has what this one has. With all locks held. */
    void moveTo(PartitionFolder copy) {
        epochs.moveTo(copy.leaderEpochs());
        snapshots.moveTo(copy);
    }

    /** Whether a start that knows where the log ends has nothing to look for. */
    boolean isComplete() {
        return completeAt == offsets.end() && !availability.hasFailed();
    }

    /** To be called once per checkpoint. @return for how many of them nothing was appended */
    int look() {
        long end = offsets.end();
        idleChecks = end == endAtCheck ? idleChecks + 1 : 0;
        endAtCheck = end;
        return idleChecks;
    }

    /** Whether nothing was appended for a while, all of it is in the log's own files, and it was not made complete since. */
    boolean isIdle() {
        long end = endAtCheck;
        return idleChecks >= IDLE_CHECKS && completeAt != end && flush.syncedOffset() == end && availability.isOnline();
    }
}
