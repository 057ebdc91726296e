package io.millrace.broker.fetch;

import java.util.Comparator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells those whose time is up. A thread that parks with a time of its own has the JDK wake a timer thread for it, and again when it goes on before;
 * but most fetches are answered long before their time, so one thread looks for all of them, and only the earliest deadline of all wakes it. Thread-safe.
 */
final class FetchDeadlines {

    private static final Logger LOG = LoggerFactory.getLogger(FetchDeadlines.class);
    private static final long NEVER = Long.MAX_VALUE;

    /** @param at as {@link #now} counts */
    record Deadline(long at, long number, Runnable over) {
    }

    private final long origin = System.nanoTime();
    private final AtomicLong numbers = new AtomicLong();
    private final ConcurrentSkipListSet<Deadline> pending =
            new ConcurrentSkipListSet<>(Comparator.comparingLong(Deadline::at).thenComparingLong(Deadline::number));
    /** Until when the thread sleeps. Written by it alone, before it looks at the deadlines once more; read by whoever added one. */
    private volatile long sleepingUntil = NEVER;
    private final Thread thread = Thread.ofVirtual().name("fetch deadlines").unstarted(this::run);
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile boolean closed;

    /** Nanoseconds since this was made. */
    private long now() {
        return System.nanoTime() - origin;
    }

    /** @param over run after that time, unless the deadline is {@link #cancel}led before: quick, does not block */
    Deadline in(long millis, Runnable over) {
        Deadline deadline = new Deadline(now() + TimeUnit.MILLISECONDS.toNanos(millis), numbers.getAndIncrement(), over);
        pending.add(deadline);
        if (!started.get() && started.compareAndSet(false, true)) {
            thread.start();
        } else if (deadline.at < sleepingUntil) {
            LockSupport.unpark(thread);
        }
        return deadline;
    }

    boolean isOver(Deadline deadline) {
        return now() >= deadline.at;
    }

    void cancel(Deadline deadline) {
        pending.remove(deadline);
    }

    int pending() {
        return pending.size();
    }

    private void run() {
        while (!closed) {
            Deadline first = first();
            sleepingUntil = first == null ? NEVER : first.at;
            if (first() != first) {
                continue;
            }
            if (first == null) {
                LockSupport.park(this);
            } else if (isOver(first)) {
                pending.remove(first);
                tell(first);
            } else {
                LockSupport.parkNanos(this, first.at - now());
            }
        }
    }

    private static void tell(Deadline deadline) {
        try {
            deadline.over.run();
        } catch (Throwable failed) {
            // The others wait, too.
            LOG.error("a fetch cannot be answered whose time is up", failed);
        }
    }

    private Deadline first() {
        var all = pending.iterator();
        return all.hasNext() ? all.next() : null;
    }

    /** Nobody is woken any more. */
    void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
