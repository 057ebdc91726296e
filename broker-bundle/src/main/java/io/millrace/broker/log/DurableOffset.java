package io.millrace.broker.log;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Up to where a log is on stable storage, and those who wait for it to move. */
final class DurableOffset {

    private static final Logger LOG = LoggerFactory.getLogger(DurableOffset.class);

    /** Somebody who has no thread that waits. */
    private record Listener(long offset, Runnable check, Runnable then) {
    }

    private final ReentrantLock waiting = new ReentrantLock();
    private final Condition moved = waiting.newCondition();
    /** Guarded by {@code waiting}. */
    private final List<Listener> listeners = new ArrayList<>();
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
        List<Listener> told = List.of();
        waiting.lock();
        try {
            moved.signalAll();
            if (!listeners.isEmpty()) {
                told = new ArrayList<>();
                for (Iterator<Listener> all = listeners.iterator(); all.hasNext(); ) {
                    Listener listener = all.next();
                    if (!isOpen(listener.offset, listener.check)) {
                        told.add(listener);
                        all.remove();
                    }
                }
            }
        } finally {
            waiting.unlock();
        }
        told.forEach(DurableOffset::tell);
    }

    /** Whether there is something to wait for. */
    private boolean isOpen(long offset, Runnable check) {
        try {
            check.run();
            return value < offset;
        } catch (RuntimeException inVain) {
            return false;
        }
    }

    private static void tell(Listener listener) {
        try {
            listener.then.run();
        } catch (Throwable failed) {
            // Others wait for the thread that makes records durable.
            LOG.error("an answer cannot be given whose records are durable", failed);
        }
    }

    /**
     * As {@link #await}, for who does not wait itself.
     *
     * @param then  run once, by the thread that signals: quick, does not block
     * @return false if there is nothing to wait for; then nothing is run
     */
    boolean whenReached(long offset, Runnable check, Runnable then) {
        waiting.lock();
        try {
            return isOpen(offset, check) && listeners.add(new Listener(offset, check, then));
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
