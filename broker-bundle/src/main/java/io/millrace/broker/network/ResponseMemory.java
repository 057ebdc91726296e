package io.millrace.broker.network;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory that responses take which are made but not sent, of all connections together; slices of files do not count. While it is full, no
 * further response is made. A connection makes one at a time, so what there is beyond are those that were just being made. Thread-safe.
 */
final class ResponseMemory {

    private final long capacity;
    private final AtomicLong held = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();

    ResponseMemory(long capacity) {
        this.capacity = capacity;
    }

    /** Blocks until there is room for one more response, whatever its size. */
    void awaitRoom() {
        if (isFull()) {
            lock.lock();
            try {
                while (isFull()) {
                    room.awaitUninterruptibly();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    void hold(long bytes) {
        held.addAndGet(bytes);
    }

    void release(long bytes) {
        if (bytes > 0 && held.getAndAdd(-bytes) >= capacity && !isFull()) {
            lock.lock();
            try {
                room.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    boolean isFull() {
        return held.get() >= capacity;
    }

    long heldBytes() {
        return held.get();
    }
}
