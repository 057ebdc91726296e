package io.millrace.broker.log;

import io.millrace.broker.log.journal.Journal;
import io.millrace.broker.log.journal.Journaled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Brings what was appended to a log to stable storage, and tells those who wait for it: into the folder's journal, or by an fsync of the log's own files,
 * one at a time, so that a waiter is only told of bytes that were covered. Thread-safe; what is said to be guarded by {@code appending} is called with
 * the log's lock held.
 */
final class LogFlush implements Journaled {

    /** What a log has at a moment: the segment's bytes up to there, the log's records up to there. */
    record Reached(LogFlush log, Segment segment, int position, long target) {

        /** It is in the journal, durably. */
        void committed(long nanos) {
            log.committed(this, nanos);
        }
    }

    private final TopicPartition partition;
    private final Uuid topicId;
    private final LogPlace place;
    private final Segments segments;
    private final LogOffsets offsets;
    private final DurableOffset durable;
    private final Availability availability;
    private final ReentrantLock flushing;
    private final ReentrantLock appending;
    /** Guarded by {@code appending}; the last one is appended to. */
    private final List<Segment> unflushed = new ArrayList<>();
    private final AtomicBoolean queued = new AtomicBoolean();
    private final AtomicBoolean syncing = new AtomicBoolean();
    private final AtomicBoolean timed = new AtomicBoolean();

    /** Up to where the log's own files are on stable storage; the journal may have more. Written with {@code appending} held. */
    private volatile long synced;
    /** Guarded by {@code appending}. */
    private final JournaledEnd journaled = new JournaledEnd();

    LogFlush(TopicPartition partition, Uuid topicId, LogPlace place, Segments segments, LogOffsets offsets, DurableOffset durable,
            Availability availability, LogLocks locks) {
        this.partition = partition;
        this.topicId = topicId;
        this.place = place;
        this.segments = segments;
        this.offsets = offsets;
        this.durable = durable;
        this.availability = availability;
        this.flushing = locks.flushing();
        this.appending = locks.appending();
    }

    /** No log's: the end of a queue of those that wait. */
    static LogFlush end() {
        return new LogFlush(null, null, null, null, null, null, null, LogLocks.create());
    }

    /** Guarded by {@code appending}: bytes of the segment may not be on disk. */
    void includes(Segment segment) {
        if (!unflushed.contains(segment)) {
            unflushed.add(segment);
        }
    }

    /** Guarded by {@code appending}: they are no longer part of the log. */
    void forget(Collection<Segment> gone) {
        unflushed.removeAll(gone);
    }

    /** The log's first segment is there, empty and on stable storage: what follows can be journaled. */
    void beginIn(Segment empty) {
        journaled.reaches(empty, 0, empty.baseOffset());
    }

    /** What a start found. */
    void begin(long offset) {
        synced = offset;
        durable.set(offset);
    }

    long durableOffset() {
        return durable.get();
    }

    /** Up to where the log's own files are on stable storage: at most {@link #durableOffset}. */
    long syncedOffset() {
        return synced;
    }

    @Override
    public Uuid topicId() {
        return topicId;
    }

    @Override
    public int partition() {
        return partition.partition();
    }

    @Override
    public boolean isSynced(long offset) {
        return synced >= offset || availability.isDeleted();
    }

    @Override
    public void sync() {
        run();
    }

    /** Bytes that are not on stable storage; {@link Integer#MAX_VALUE} if the journal cannot take them, and 0 if there is nothing to be done. */
    int backlog() {
        if (durable.get() >= offsets.end()) {
            return 0;
        }
        appending.lock();
        try {
            if (!availability.isOnline() || durable.get() >= offsets.end()) {
                return 0;
            }
            Segment active = segments.active();
            boolean canFollow = journaled.isIn(active) && place.dir().groupCommit().hasJournal();
            return canFollow ? Math.max(1, active.bytes() - journaled.position()) : Integer.MAX_VALUE;
        } finally {
            appending.unlock();
        }
    }

    /** Blocks until what was requested up to the offset is on stable storage, or never will be. */
    void awaitRequested(long offset) {
        if (durable.get() >= offset) {
            return;
        }
        try {
            durable.await(offset, availability::check);
        } catch (KafkaStorageException offline) {
            // Whoever took it offline has told why.
        } catch (InterruptedException nobodyDoesThat) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Guarded by {@code appending}: these batches were just appended, for one who will ask for them to be durable. If they cannot be put into the journal's
     * round while they are at hand, {@link #commit(GroupCommit, Journal, List, Flushers)} reads them back.
     */
    void stage(Segment active, long baseOffset, long endOffset, ByteBuffer batches) {
        journaled.stage(this, place.dir().groupCommit(), active, active.bytes() - batches.remaining(), baseOffset, endOffset, batches);
    }

    /** Soon, with whatever was appended by then. */
    void request() {
        if (durable.get() < offsets.end()) {
            place.dir().groupCommit().request(this);
        }
    }

    /** Likewise, maybe on the calling thread. */
    void commit() {
        if (durable.get() < offsets.end()) {
            place.dir().groupCommit().commit(this);
        }
    }

    /** What no acknowledgement waits for goes to disk by the topic's own rules. */
    void requestInTime(long end, LogLimits limit) {
        if (end - durable.get() >= limit.flushRecords()) {
            request();
            try {
                durable.await(end, availability::check);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new KafkaStorageException(partition + ": the node stops, records are in the log that may not be on disk", e);
            }
        } else if (limit.flushMs() < Long.MAX_VALUE) {
            place.dir().groupCommit().requestIn(this, limit.flushMs());
        }
    }

    /** Requests it and waits, unless that much is on disk. */
    void await(long offset) throws InterruptedException {
        if (durable.get() < offset) {
            request();
            durable.await(offset, availability::check);
        }
    }

    /** Likewise, for who does not wait itself, see {@link PartitionLog#whenDurable}. */
    boolean whenDurable(long offset, Runnable then) {
        if (durable.get() >= offset) {
            return false;
        }
        request();
        return durable.whenReached(offset, availability::check, then);
    }

    boolean markTimed() {
        return timed.compareAndSet(false, true);
    }

    void unmarkTimed() {
        timed.set(false);
    }

    boolean markQueued() {
        return queued.compareAndSet(false, true);
    }

    void unmarkQueued() {
        queued.set(false);
    }

    boolean markSyncing() {
        return syncing.compareAndSet(false, true);
    }

    void unmarkSyncing() {
        syncing.set(false);
    }

    /**
     * Puts what was appended up to now into the journal's round, or asks for an fsync if it is not for the journal: the first time after a segment was
     * begun, and large ones. By whoever has the turn to commit.
     *
     * @param folder  whose journal it is
     * @param inRound gets this if it waits for the journal
     * @return false if the round is full: nothing was done
     */
    boolean commit(GroupCommit folder, Journal journal, List<Reached> inRound, Flushers flushers) {
        unmarkQueued();
        Reached newly;
        long from;
        int begin;
        appending.lock();
        try {
            if (!availability.isOnline() || durable.get() == offsets.end()) {
                return true;
            }
            if (place.dir().groupCommit() != folder) {
                // It was moved meanwhile. What it got since is not in this folder, nor would a start look for it here.
                place.dir().groupCommit().request(this);
                return true;
            }
            Segment active = segments.active();
            newly = new Reached(this, active, active.bytes(), offsets.end());
            from = journaled.offset();
            begin = journaled.position();
            if (!journaled.isIn(active) || !journal.wants(newly.position - begin)) {
                flushers.request(this);
                return true;
            }
            if (begin == newly.position) {
                // In this round, or written with one before.
                inRound.add(newly);
                return true;
            }
            journaled.join();
        } finally {
            appending.unlock();
        }
        Journal.Room room = null;
        try {
            room = journal.add(this, from, newly.target, newly.position - begin, space -> newly.segment.readInto(space, begin));
            if (room == Journal.Room.TAKEN) {
                inRound.add(newly);
            } else {
                // It stays in its place in the queue.
                queued.set(true);
            }
        } catch (IOException | RuntimeException e) {
            // Moved or closed meanwhile, or the file is damaged: the fsync will tell.
            flushers.request(this);
        } finally {
            joined(room == Journal.Room.TAKEN ? newly : null);
        }
        return room != Journal.Room.NEXT_ROUND;
    }

    private void joined(Reached newly) {
        appending.lock();
        try {
            journaled.joined();
            if (newly != null) {
                journaled.reaches(newly.segment, newly.position, newly.target);
            }
        } finally {
            appending.unlock();
        }
    }

    private void committed(Reached done, long nanos) {
        appending.lock();
        try {
            long before = durable.get();
            if (availability.isOnline() && done.target > before) {
                place.dir().groupCommit().times().flushed(nanos, done.target - before);
                durableUpTo(done.target);
            }
        } finally {
            appending.unlock();
        }
        tell();
    }

    /** Those who read first: a producer that is told may ask for its record at once, in a session that must know then that there is one. */
    private void tell() {
        offsets.tell();
        durable.signal();
    }

    /** Guarded by {@code appending}. In this order: whoever hears that it is durable may read it. */
    private void durableUpTo(long target) {
        offsets.durable(target);
        durable.set(target);
    }

    /** Fsyncs what was appended up to now, and tells those who wait. An error takes the log offline: what is on disk is unknown then. */
    void run() {
        flushing.lock();
        try {
            List<Segment> dirty;
            Reached whole;
            long before;
            boolean created;
            appending.lock();
            try {
                if (!availability.isOnline() || synced == offsets.end()) {
                    return;
                }
                Segment active = segments.active();
                whole = new Reached(this, active, active.bytes(), offsets.end());
                dirty = List.copyOf(unflushed);
                before = durable.get();
                created = dirty.size() > 1 || !journaled.isIn(active) && synced <= active.baseOffset();
            } finally {
                appending.unlock();
            }
            long began = System.nanoTime();
            for (Segment segment : dirty) {
                segment.flush();
            }
            if (created) {
                DurableFile.syncFolder(place.folder().path());
            }
            place.dir().groupCommit().times().flushed(System.nanoTime() - began, whole.target - before);
            appending.lock();
            try {
                unflushed.removeAll(dirty.subList(0, dirty.size() - 1));
                synced = whole.target;
                journaled.reaches(whole.segment, whole.position, whole.target);
                if (whole.target >= durable.get()) {
                    durableUpTo(whole.target);
                }
            } finally {
                appending.unlock();
            }
        } catch (IOException | RuntimeException e) {
            availability.fail("cannot be made durable", e);
        } catch (Error e) {
            // Whoever waits is told.
            availability.fail("cannot be made durable", new IOException(e));
            throw e;
        } finally {
            flushing.unlock();
        }
        tell();
    }
}
