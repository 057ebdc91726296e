package io.millrace.kernel.jmx;

/**
 * How fast a counter rises: exponentially weighted averages as in Kafka's meters, but worked out when somebody asks, from what the counter rose by
 * since it was last asked, so that a rate nobody asks for costs nothing. Not thread-safe.
 */
final class Rate {

    private static final double NANOS = 1e9;
    private static final long SHORTEST = 1_000_000_000L;
    private static final double[] SECONDS = {60, 300, 900};

    private final long began;
    private final long countThen;
    private long lastAsked;
    private long lastCount;
    private boolean asked;
    private final double[] averages = new double[SECONDS.length];

    /** @param nanos now, of {@link System#nanoTime} */
    Rate(long nanos, long count) {
        this.began = nanos;
        this.lastAsked = nanos;
        this.countThen = count;
        this.lastCount = count;
    }

    /** Takes a new count in. Those that come less than a second after the one before are left for the next. */
    void update(long nanos, long count) {
        long passed = nanos - lastAsked;
        if (passed < SHORTEST) {
            return;
        }
        double now = Math.max(0, count - lastCount) * NANOS / passed;
        for (int i = 0; i < averages.length; i++) {
            double weight = asked ? 1 - Math.exp(-passed / NANOS / SECONDS[i]) : 1;
            averages[i] += weight * (now - averages[i]);
        }
        asked = true;
        lastAsked = nanos;
        lastCount = count;
    }

    /** Per second since the beginning. */
    double mean(long nanos, long count) {
        return nanos == began ? 0 : Math.max(0, count - countThen) * NANOS / (nanos - began);
    }

    double oneMinute() {
        return averages[0];
    }

    double fiveMinutes() {
        return averages[1];
    }

    double fifteenMinutes() {
        return averages[2];
    }
}
