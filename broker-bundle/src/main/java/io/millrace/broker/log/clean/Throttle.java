package io.millrace.broker.log.clean;

/**
 * Bounds how many bytes pass per second, over periods long enough that rests are worth a thread's sleep. Tells how long to rest; time is handed in.
 * Not thread-safe.
 */
final class Throttle {

    private static final long PERIOD_NANOS = 300_000_000;

    private final double bytesPerSecond;
    private long since = Long.MIN_VALUE;
    private double bytes;

    Throttle(double bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** @return for how many nanoseconds to rest now */
    long passed(long count, long nanoTime) {
        if (since == Long.MIN_VALUE) {
            since = nanoTime;
        }
        bytes += count;
        long elapsed = nanoTime - since;
        double due = bytes / bytesPerSecond * 1e9;
        if (elapsed < PERIOD_NANOS && due < PERIOD_NANOS) {
            return 0;
        }
        since = nanoTime;
        bytes = 0;
        long rest = (long) Math.max(0, due - elapsed);
        since += rest;
        return rest;
    }
}
