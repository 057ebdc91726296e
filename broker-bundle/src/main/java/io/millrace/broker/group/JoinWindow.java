package io.millrace.broker.group;

/**
 * For how long a rebalance waits for members to join. A group that was empty waits for a first delay even if all are there, and longer with every
 * one who comes, but never longer than members may take to join.
 */
final class JoinWindow {

    private final int initialDelayMs;
    /** Until then completeness is not enough; 0 for no delay. */
    private long delayedUntil;
    private long limit;

    JoinWindow(int initialDelayMs) {
        this.initialDelayMs = initialDelayMs;
    }

    /** @return when to look again, at the latest */
    long open(boolean afterEmptiness, int longestTimeoutMs, long now) {
        boolean delayed = afterEmptiness && initialDelayMs > 0;
        limit = now + longestTimeoutMs;
        delayedUntil = delayed ? now + Math.min(initialDelayMs, longestTimeoutMs) : 0;
        return delayed ? delayedUntil : limit;
    }

    boolean isDelayed(long now) {
        return now < delayedUntil;
    }

    /** Somebody came during the delay. @return when to look again */
    long extend(long now) {
        delayedUntil = Math.min(now + initialDelayMs, limit);
        return delayedUntil;
    }

    /** @return whether there was a delay, which is over now */
    boolean endDelay(long now) {
        boolean ended = delayedUntil > 0 && now >= delayedUntil;
        if (ended) {
            delayedUntil = 0;
        }
        return ended;
    }

    void skipDelay() {
        delayedUntil = 0;
    }

    /** When those who did not join are out. */
    long limit() {
        return limit;
    }
}
