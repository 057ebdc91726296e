package io.millrace.broker.quota;

import java.util.Arrays;

/**
 * How much there was per second, over the window under way and the full ones before it: Kafka's rate of quotas. Windows in which nothing was
 * told count as nothing, so somebody new may use what would be allowed in all of them at once. Confined to its owner.
 */
final class SampledRate {

    private final double[] sums;
    private final long windowMillis;
    private long current;

    /** @param windows that are remembered, at least two, the one under way included */
    SampledRate(int windows, long windowMillis) {
        this.sums = new double[windows];
        this.windowMillis = windowMillis;
        this.current = Long.MIN_VALUE;
    }

    void record(double amount, long now) {
        advance(now);
        sums[slot(current)] += amount;
    }

    double perSecond(long now) {
        advance(now);
        return sum() * 1000 / spanMillis(now);
    }

    /** Whether nothing is remembered, which makes it equal to a new one. */
    boolean isForgotten(long now) {
        advance(now);
        for (double sum : sums) {
            if (sum != 0) {
                return false;
            }
        }
        return true;
    }

    /** How long nothing must be added until the rate is the bound again: none if it is not above. */
    long excessMillis(double bound, long now) {
        double rate = perSecond(now);
        return rate <= bound ? 0 : Math.max(1, Math.round((rate - bound) / bound * spanMillis(now)));
    }

    private double sum() {
        double sum = 0;
        for (double one : sums) {
            sum += one;
        }
        return sum;
    }

    private long spanMillis(long now) {
        return (sums.length - 1) * windowMillis + Math.max(0, now - current * windowMillis);
    }

    private void advance(long now) {
        long window = Math.floorDiv(now, windowMillis);
        if (window <= current) {
            return;
        }
        if (current == Long.MIN_VALUE || window - current >= sums.length) {
            Arrays.fill(sums, 0);
        } else {
            for (long passed = current + 1; passed <= window; passed++) {
                sums[slot(passed)] = 0;
            }
        }
        current = window;
    }

    private int slot(long window) {
        return (int) Math.floorMod(window, (long) sums.length);
    }
}
