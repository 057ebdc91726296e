package io.millrace.connect.source;

import io.millrace.connect.task.ByteBudget;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Batches between the thread that polls and the one that writes, bounded in bytes by a limit of their own and by what all such queues may hold together;
 * one batch always fits. What was taken counts until more is taken: only then it has been written.
 */
final class BatchQueue {

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<OutgoingBatch> batches = new ArrayDeque<>();
    private final ByteBudget shared;
    private long bytes;
    private long taken;
    private boolean ended;

    /** @param shared of all queues */
    BatchQueue(long maxBytes, ByteBudget shared) {
        this.maxBytes = maxBytes;
        this.shared = shared;
    }

    void put(OutgoingBatch batch) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            // Whoever waits for the others has batches of its own that are going to be taken: nobody needs to be woken by another queue.
            while (bytes > 0 && (bytes + batch.bytes() > maxBytes || !shared.take(batch.bytes()))) {
                changed.await();
            }
            if (bytes == 0) {
                shared.force(batch.bytes());
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
            shared.giveBack(taken);
            taken = 0;
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
            List<OutgoingBatch> all = new ArrayList<>(batches);
            batches.clear();
            taken = bytes;
            bytes = 0;
            changed.signalAll();
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Nobody will put or take any more: what is left is thrown away. */
    void close() {
        lock.lock();
        try {
            shared.giveBack(bytes + taken);
            batches.clear();
            bytes = 0;
            taken = 0;
        } finally {
            lock.unlock();
        }
    }
}
