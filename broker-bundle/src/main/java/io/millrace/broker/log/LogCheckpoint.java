package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What stands beside the segments of a log, so that its next start has little to read: index files of sealed segments, snapshots of producers, leader
 * epochs; and up to where they tell of everything. What an append leaves to be written waits here for the next checkpoint, which nobody waits for.
 *
 * <p>Called with {@code appending} held, but for {@link #store}, which takes it to look and not to write, and for the questions.
 */
final class LogCheckpoint {

    /** Log bytes after which index and producers are stored again: recovery has no more than that to read. */
    private static final int WORTH_STORING = 16 * 1024 * 1024;
    /** Checkpoints after which a log is taken to be idle. */
    private static final int IDLE_CHECKS = 60;
    /** Snapshots held for a disk that does not take them. */
    private static final int MOST_UNWRITTEN = 4;

    /** How far a log is, and how much of it is on stable storage. */
    record Reached(long durable, long end) {}

    private final ReentrantLock appending;
    private final Segments segments;
    private final ProducerStates producers;
    private final ProducerSnapshots snapshots;
    private final LeaderEpochs epochs;
    /** Sealed, but for the files of their indexes. */
    private final List<Segment> unstored = new ArrayList<>();
    /** Snapshots that are not in files yet, by offset. */
    private final TreeMap<Long, ByteBuffer> unwritten = new TreeMap<>();
    private volatile long recoveryPoint;
    /** End of the log when its indexes and producers were stored completely. */
    private volatile long completeAt = -1;
    /** Of {@link #isIdle}, which one thread asks. */
    private long endAtCheck = -1;
    private int idleChecks;

    LogCheckpoint(ReentrantLock appending, Segments segments, ProducerStates producers, ProducerSnapshots snapshots, LeaderEpochs epochs) {
        this.appending = appending;
        this.segments = segments;
        this.producers = producers;
        this.snapshots = snapshots;
        this.epochs = epochs;
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

    /**
     * Writes what waits. Only one thread at a time, which keeps others from renaming or removing files.
     *
     * @param complete whether the active segment's index and the producers are stored whatever little has changed
     * @param now      asked with {@code appending} held; null if the log is not to be written any more
     */
    void store(boolean complete, Supplier<Reached> now) throws IOException {
        Reached covered;
        Segment active;
        boolean worth;
        List<Segment> sealed;
        TreeMap<Long, ByteBuffer> taken;
        LeaderEpochs.Unwritten newEpochs;
        appending.lock();
        try {
            covered = now.get();
            if (covered == null) {
                return;
            }
            active = segments.active();
            worth = complete || active.bytesSinceStore() >= WORTH_STORING;
            if (worth) {
                remember(covered.end);
            }
            sealed = List.copyOf(unstored);
            taken = new TreeMap<>(unwritten);
            newEpochs = epochs.unwritten();
        } finally {
            appending.unlock();
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
        appending.lock();
        try {
            unstored.removeAll(sealed);
            unwritten.keySet().removeAll(taken.keySet());
            if (newEpochs != null) {
                epochs.written(newEpochs);
            }
        } finally {
            appending.unlock();
        }
        recoveryPoint = covered.durable;
        if (complete) {
            completeAt = covered.durable;
        }
    }

    /** Up to where everything is on stable storage and has its indexes there: recovery looks at what follows. */
    long recoveryPoint() {
        return recoveryPoint;
    }

    /** What is on disk is unknown from now on. */
    void doubt() {
        completeAt = -1;
    }

    /** Whether a start that knows where the log ends has nothing to look for. */
    boolean isComplete(long end) {
        return completeAt == end;
    }

    /** Whether nothing waits either. */
    boolean isStored(long end) {
        return completeAt == end && unstored.isEmpty() && unwritten.isEmpty();
    }

    /** Whether nothing was appended for a while, since before it was last made complete. Asked once per checkpoint. */
    boolean isIdle(long end) {
        idleChecks = end == endAtCheck ? idleChecks + 1 : 0;
        endAtCheck = end;
        return idleChecks >= IDLE_CHECKS && completeAt != end;
    }
}
