package io.millrace.connect.sink;

/** Of a batch that the task asked to be given again, when that is. For the task's thread. */
final class Redelivery {

    private static final long FIRST_MS = 100;
    private static final long MOST_MS = 10_000;
    private static final int MOST_DOUBLINGS = 10;

    private boolean owed;
    private int failures;
    private long dueNanos;

    boolean isOwed() {
        return owed;
    }

    /** @param wishedMs after which the task wants to try again, negative if it does not say */
    void owe(long wishedMs, long nowNanos) {
        owed = true;
        long pause = wishedMs >= 0 ? wishedMs : Math.min(MOST_MS, FIRST_MS << Math.min(failures++, MOST_DOUBLINGS));
        dueNanos = nowNanos + pause * 1_000_000;
    }

    boolean isDue(long nowNanos) {
        return nowNanos - dueNanos >= 0;
    }

    long msUntilDue(long nowNanos) {
        return (dueNanos - nowNanos) / 1_000_000;
    }

    /** The task has taken it, or nobody waits for it any more. */
    void done() {
        owed = false;
        failures = 0;
    }
}
