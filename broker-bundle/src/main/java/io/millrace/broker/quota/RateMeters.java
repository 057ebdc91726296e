package io.millrace.broker.quota;

import io.millrace.broker.quota.Limit.Sharers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * How much everybody used of the limits that are rates. Thread-safe; what was not used for all windows is forgotten, since it would be the
 * same as new, so names that clients make up take no memory for long.
 */
public final class RateMeters {

    private static final int FEW = 1000;

    private final QuotaWindows windows;
    private final ConcurrentHashMap<Sharers, Use> uses = new ConcurrentHashMap<>();
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
        update(limit, nowMillis, use -> {
            use.rate.record(amount, nowMillis);
            excess[0] = use.rate.excessMillis(limit.bound(), nowMillis);
            use.throttled(excess[0], nowMillis);
        });
        return excess[0];
    }

    /**
     * Records unless that exceeds the limit. The first use after a silence is recorded in any case: an amount that alone exceeds the limit would
     * never be allowed otherwise.
     */
    public Admission admit(Limit limit, double amount, long nowMillis) {
        Admission[] admission = new Admission[1];
        update(limit, nowMillis, use -> {
            SampledRate rate = use.rate;
            boolean first = rate.isForgotten(nowMillis);
            rate.record(amount, nowMillis);
            long excess = rate.excessMillis(limit.bound(), nowMillis);
            boolean admitted = excess == 0 || first;
            if (!admitted) {
                rate.record(-amount, nowMillis);
            }
            use.throttled(excess, nowMillis);
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

    /**
     * What of one limit was used lately.
     *
     * @param perSecond      of bytes, hundredths of seconds, connections
     * @param throttleMillis for how long, on average of those that were not 0
     */
    public record Used(QuotaType type, String user, String clientId, double perSecond, double throttleMillis) {
    }

    /** Of all limits that were used within the windows. */
    public List<Used> used(long nowMillis) {
        List<Used> used = new ArrayList<>();
        for (Sharers sharers : uses.keySet()) {
            used(sharers.type(), sharers.user(), sharers.clientId(), nowMillis).ifPresent(used::add);
        }
        return used;
    }

    /** The same of one limit; empty if it was not used. */
    public Optional<Used> used(QuotaType type, String user, String clientId, long nowMillis) {
        Used[] used = new Used[1];
        uses.computeIfPresent(new Sharers(type, user, clientId), (_, use) -> {
            if (!use.rate.isForgotten(nowMillis)) {
                used[0] = new Used(type, user, clientId, use.rate.perSecond(nowMillis), use.throttleMillis(nowMillis));
            }
            return use;
        });
        return Optional.ofNullable(used[0]);
    }

    private void update(Limit limit, long nowMillis, Consumer<Use> update) {
        uses.compute(limit.sharers(), (_, known) -> {
            Use use = known == null ? new Use(windows) : known;
            update.accept(use);
            return use;
        });
        if (uses.size() > sweepAt) {
            sweep(nowMillis);
        }
    }

    private void sweep(long nowMillis) {
        for (Sharers sharers : uses.keySet()) {
            uses.computeIfPresent(sharers, (_, use) -> use.rate.isForgotten(nowMillis) ? null : use);
        }
        sweepAt = FEW + 2 * uses.size();
    }

    int size() {
        return uses.size();
    }

    /** Guarded by the map's lock of its key. */
    private static final class Use {

        private final QuotaWindows windows;
        private final SampledRate rate;
        /** Null until there is the first. */
        private SampledRate throttles;
        private SampledRate throttleMillis;

        private Use(QuotaWindows windows) {
            this.windows = windows;
            this.rate = windows.newRate();
        }

        private void throttled(long millis, long nowMillis) {
            if (millis > 0) {
                if (throttles == null) {
                    throttles = windows.newRate();
                    throttleMillis = windows.newRate();
                }
                throttles.record(1, nowMillis);
                throttleMillis.record(millis, nowMillis);
            }
        }

        private double throttleMillis(long nowMillis) {
            return throttles == null || throttles.isForgotten(nowMillis) ? 0 : throttleMillis.perSecond(nowMillis) / throttles.perSecond(nowMillis);
        }
    }
}
