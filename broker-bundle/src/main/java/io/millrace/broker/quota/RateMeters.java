package io.millrace.broker.quota;

import io.millrace.broker.quota.Limit.Sharers;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * How much everybody used of the limits that are rates. Thread-safe; what was not used for all windows is forgotten, since it would be the
 * same as new, so names that clients make up take no memory for long.
 */
public final class RateMeters {

    private static final int FEW = 1000;

    private final QuotaWindows windows;
    private final ConcurrentHashMap<Sharers, SampledRate> rates = new ConcurrentHashMap<>();
    private volatile int sweepAt = FEW;

    public RateMeters(QuotaWindows windows) {
        this.windows = windows;
    }

    public QuotaWindows windows() {
        return windows;
    }

    /** @return for how many milliseconds those who share the limit should be still now; 0 if they are within it */
    public long record(Limit limit, double amount, long nowMillis) {
        long[] excess = new long[1];
        update(limit, nowMillis, rate -> {
            rate.record(amount, nowMillis);
            excess[0] = rate.excessMillis(limit.bound(), nowMillis);
        });
        return excess[0];
    }

    /**
     * Records unless that exceeds the limit. The first use after a silence is recorded in any case: an amount that alone exceeds the limit would
     * never be allowed otherwise.
     */
    public Admission admit(Limit limit, double amount, long nowMillis) {
        Admission[] admission = new Admission[1];
        update(limit, nowMillis, rate -> {
            boolean first = rate.isForgotten(nowMillis);
            rate.record(amount, nowMillis);
            long excess = rate.excessMillis(limit.bound(), nowMillis);
            boolean admitted = excess == 0 || first;
            if (!admitted) {
                rate.record(-amount, nowMillis);
            }
            admission[0] = new Admission(admitted, excess);
        });
        return admission[0];
    }

    /**
     * @param admitted     whether it was recorded
     * @param excessMillis for how long those who share the limit should be still, as {@link #record} tells it
     */
    public record Admission(boolean admitted, long excessMillis) {
    }

    private void update(Limit limit, long nowMillis, Consumer<SampledRate> update) {
        rates.compute(limit.sharers(), (_, known) -> {
            SampledRate rate = known == null ? windows.newRate() : known;
            update.accept(rate);
            return rate;
        });
        if (rates.size() > sweepAt) {
            sweep(nowMillis);
        }
    }

    private void sweep(long nowMillis) {
        for (Sharers sharers : rates.keySet()) {
            rates.computeIfPresent(sharers, (_, rate) -> rate.isForgotten(nowMillis) ? null : rate);
        }
        sweepAt = FEW + 2 * rates.size();
    }

    int size() {
        return rates.size();
    }
}
