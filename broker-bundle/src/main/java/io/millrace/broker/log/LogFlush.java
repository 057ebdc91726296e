package io.millrace.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Brings what was appended to a log to stable storage, and tells those who wait for it. One fsync at a time, so that a waiter is only told of bytes that
 * were covered. Thread-safe; what is said to be guarded by {@code appending} is called with the log's lock held.
 */
final class LogFlush {

    private final SegmentedLog log;
    private final ReentrantLock appending;
    private final ReentrantLock flushing = new ReentrantLock();
    private final DurableOffset durable = new DurableOffset();
    /** Guarded by {@code appending}; the last one is appended to. */
    private final List<Segment> unflushed = new ArrayList<>();
    private final AtomicBoolean queued = new AtomicBoolean();
    private final AtomicBoolean timed = new AtomicBoolean();

    LogFlush(SegmentedLog log, ReentrantLock appending) {
        this.log = log;
        this.appending = appending;
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

    /** What a start found. */
    void begin(long offset) {
        durable.set(offset);
    }

    long durableOffset() {
        return durable.get();
    }

    /** Taken before {@code appending} by whoever puts other files in the place of those that are flushed. */
    ReentrantLock lock() {
        return flushing;
    }

    /** Soon, with whatever was appended by then. */
    void request() {
        log.dir().groupCommit().request(this);
    }

    /** What no acknowledgement waits for goes to disk by the topic's own rules. */
    void requestInTime(long end, LogLimits limit) {
        if (end - durable.get() >= limit.flushRecords()) {
            request();
            try {
                durable.await(end, log::checkOnline);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new KafkaStorageException(log.topicPartition() + ": the node stops, records are in the log that may not be on disk", e);
            }
        } else if (limit.flushMs() < Long.MAX_VALUE) {
            log.dir().groupCommit().requestIn(this, limit.flushMs());
        }
    }

    /** Requests it and waits, unless that much is on disk. */
    void await(long offset) throws InterruptedException {
        if (durable.get() < offset) {
            request();
            durable.await(offset, log::checkOnline);
        }
    }

    /** Wakes whoever waits, to look at the offset, or at the log's failure. */
    void signal() {
        durable.signal();
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

    /** Fsyncs what was appended up to now, and tells those who wait. An error takes the log offline: what is on disk is unknown then. */
    void run() {
        flushing.lock();
        try {
            List<Segment> dirty;
            long target;
            long newlyDurable;
            boolean created;
            appending.lock();
            try {
                target = log.endOffset();
                if (!log.isOnline() || durable.get() == target) {
                    return;
                }
                dirty = List.copyOf(unflushed);
                newlyDurable = target - durable.get();
                created = dirty.size() > 1 || durable.get() <= dirty.getLast().baseOffset();
            } finally {
                appending.unlock();
            }
            long began = System.nanoTime();
            for (Segment segment : dirty) {
                segment.flush();
            }
            if (created) {
                DurableFile.syncFolder(log.folder());
            }
            log.dir().groupCommit().times().flushed(System.nanoTime() - began, newlyDurable);
            appending.lock();
            try {
                unflushed.removeAll(dirty.subList(0, dirty.size() - 1));
                // In this order: whoever hears that it is durable may read it.
                log.advanceTo(target);
                durable.set(target);
            } finally {
                appending.unlock();
            }
        } catch (IOException | RuntimeException e) {
            log.fail("cannot be made durable", e);
        } finally {
            flushing.unlock();
        }
        durable.signal();
        log.moved();
    }
}
