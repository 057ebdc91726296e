package io.millrace.broker.quota;

/**
 * Over how long use is averaged.
 *
 * @param count   windows remembered, the one under way included, {@code quota.window.num}; at least 2
 * @param seconds length of one, {@code quota.window.size.seconds}
 */
public record QuotaWindows(int count, int seconds) {

    SampledRate newRate() {
        return new SampledRate(count, seconds * 1000L);
    }

    /** What may be used in one go after a long silence. */
    public double budget(double perSecond) {
        return perSecond * seconds * (count - 1);
    }

    /** What a bucket holds at most. */
    double burst(double perSecond) {
        return perSecond * seconds * count;
    }
}
