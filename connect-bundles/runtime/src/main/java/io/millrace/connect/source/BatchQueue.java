package io.millrace.connect.source;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Batches between the thread that polls and the one that writes, bounded in bytes; one batch always fits. */
final class BatchQueue {

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<OutgoingBatch> batches = new ArrayDeque<>();
    private long bytes;
    private boolean ended;

    BatchQueue(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    void put(OutgoingBatch batch) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (bytes > 0 && bytes + batch.bytes() > maxBytes) {
                changed.await();
            }
            batches.add(batch);
            bytes += batch.bytes();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing more will be put. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for batches and takes all there are.
     *
     * @return empty if the time is up; null if the queue has ended and is drained
     */
    List<OutgoingBatch> takeAll(long timeoutMs) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
            while (batches.isEmpty()) {
                if (ended) {
                    return null;
                }
                if (left <= 0) {
                    return List.of();
                }
                left = changed.awaitNanos(left);
            }
            List<OutgoingBatch> taken = new ArrayList<>(batches);
            batches.clear();
            bytes = 0;
            changed.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }
}
