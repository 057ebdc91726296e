package io.millrace.broker.log;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Up to where a log is on stable storage, and those who wait for it to move. */
final class DurableOffset {

    private final ReentrantLock waiting = new ReentrantLock();
    private final Condition moved = waiting.newCondition();
    private volatile long value;

    long get() {
        return value;
    }

    /** Waiters learn of it by {@link #signal}. */
    void set(long offset) {
        value = offset;
    }

    /** Wakes whoever waits, to look at the offset, or at the log's failure. */
    void signal() {
        waiting.lock();
        try {
            moved.signalAll();
        } finally {
            waiting.unlock();
        }
    }

    /** @param check throws if the wait is in vain */
    void await(long offset, Runnable check) throws InterruptedException {
        waiting.lock();
        try {
            while (value < offset) {
                check.run();
                moved.await();
            }
        } finally {
            waiting.unlock();
        }
    }
}
