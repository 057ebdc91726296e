package io.millrace.broker.network;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that requests may take which are read but not answered, of all connections together ({@code queued.max.request.bytes}). Whoever
 * finds none left waits before it allocates, and so its client does. Thread-safe.
 *
 * <p>There are two purses. Large requests wait for each other only, in the order in which they asked; one that is larger than the whole purse gets
 * it when nobody else has anything of it. All others share the larger purse, in the order of asking, too; those that are there already need not
 * queue as long as there is anything left, so that clients of small requests go on where others pile up.
 */
final class RequestMemory {

    /** Above, a request takes of the purse for large ones. */
    static final int LARGE = 1024 * 1024;
    private static final int UNIT = 1024;
    private static final int LARGE_SHARE = 4;

    private final int capacity;
    private final int largeCapacity;
    private final Semaphore usual;
    private final Semaphore large;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong depletedNanos = new AtomicLong();
    private volatile long depletedSince;

    /** @param bytes of all requests together; a single one may be larger nevertheless */
    RequestMemory(long bytes) {
        int units = (int) Math.clamp(bytes / UNIT, LARGE_SHARE * 2, Integer.MAX_VALUE);
        this.largeCapacity = units / LARGE_SHARE;
        this.capacity = units - largeCapacity;
        this.usual = new Semaphore(capacity, true);
        this.large = new Semaphore(largeCapacity, true);
    }

    /**
     * @param there whether the request is in memory already, which lets it pass those that queue
     * @return the loan to {@link #giveBack}; 0 if {@link #take} is needed
     */
    int tryTake(long bytes, boolean there) {
        int loan = loan(bytes);
        Semaphore purse = purse(loan);
        return (there || !purse.hasQueuedThreads()) && purse.tryAcquire(Math.abs(loan)) ? loan : 0;
    }

    /**
     * Blocks until there is room.
     *
     * @return the loan to {@link #giveBack}
     */
    int take(long bytes) {
        int loan = loan(bytes);
        if (waiting.getAndIncrement() == 0) {
            depletedSince = System.nanoTime();
        }
        purse(loan).acquireUninterruptibly(Math.abs(loan));
        long since = depletedSince;
        if (waiting.decrementAndGet() == 0) {
            depletedNanos.addAndGet(System.nanoTime() - since);
        }
        return loan;
    }

    private int loan(long bytes) {
        int units = (int) Math.clamp(Math.ceilDiv(bytes, UNIT), 1, Integer.MAX_VALUE);
        return bytes > LARGE ? -Math.min(units, largeCapacity) : Math.min(units, capacity);
    }

    private Semaphore purse(int loan) {
        return loan < 0 ? large : usual;
    }

    void giveBack(int loan) {
        if (loan != 0) {
            purse(loan).release(Math.abs(loan));
        }
    }

    /** Whether somebody waits. */
    boolean isShort() {
        return waiting.get() > 0;
    }

    /** For how long somebody waited, since the start. */
    long depletedNanos() {
        long since = depletedSince;
        return depletedNanos.get() + (isShort() ? Math.max(0, System.nanoTime() - since) : 0);
    }

    long availableBytes() {
        return (long) UNIT * (Math.max(0, usual.availablePermits()) + Math.max(0, large.availablePermits()));
    }

    long usedBytes() {
        return (long) UNIT * (capacity + largeCapacity) - availableBytes();
    }
}
