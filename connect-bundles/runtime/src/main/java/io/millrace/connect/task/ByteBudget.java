package io.millrace.connect.task;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that many may hold together. Nobody waits here: who gets none lets go of some of its own first. Thread-safe. */
public final class ByteBudget {

    private final AtomicLong free;

    public ByteBudget(long bytes) {
        this.free = new AtomicLong(bytes);
    }

    /** @return whether there were as many, and they are taken */
    public boolean take(long bytes) {
        long before = free.get();
        while (before >= bytes) {
            if (free.compareAndSet(before, before - bytes)) {
                return true;
            }
            before = free.get();
        }
        return false;
    }

    /** Takes them even if there are none left, so that nobody is without any. */
    public void force(long bytes) {
        free.addAndGet(-bytes);
    }

    public void giveBack(long bytes) {
        free.addAndGet(bytes);
    }

    /** Below zero while more is held than there is. */
    public long free() {
        return free.get();
    }
}
