package io.millrace.broker.network;

import java.util.concurrent.atomic.AtomicInteger;

/** What one connection has of the request memory. Its reader takes, both its threads give back, and the rest comes back at its end. */
final class MemoryAccount {

    private final RequestMemory memory;
    private final AtomicInteger usual = new AtomicInteger();
    private final AtomicInteger large = new AtomicInteger();
    private volatile boolean waiting;

    MemoryAccount(RequestMemory memory) {
        this.memory = memory;
    }

    /** See {@link RequestMemory#take}. */
    int take(long bytes, boolean there) {
        int loan = memory.tryTake(bytes, there);
        if (loan == 0) {
            waiting = true;
            loan = memory.take(bytes);
            waiting = false;
        }
        (loan > 0 ? usual : large).addAndGet(loan);
        return loan;
    }

    void giveBack(int loan) {
        if (loan != 0) {
            (loan > 0 ? usual : large).addAndGet(-loan);
            memory.giveBack(loan);
        }
    }

    /** Whether the reader waits until others give back. Called from any thread. */
    boolean isWaiting() {
        return waiting;
    }

    /** Nobody takes or gives any more. */
    void end() {
        memory.giveBack(usual.getAndSet(0));
        memory.giveBack(large.getAndSet(0));
    }
}
