package io.millrace.broker.quota;

import io.millrace.broker.quota.Limit.Sharers;
import java.util.concurrent.ConcurrentHashMap;

/** How many partitions everybody created and deleted, where that is limited (KIP-599). Thread-safe; full buckets are forgotten. */
public final class MutationMeters {

    private static final int FEW = 1000;

    private final QuotaWindows windows;
    private final ConcurrentHashMap<Sharers, TokenBucket> buckets = new ConcurrentHashMap<>();
    private volatile int sweepAt = FEW;

    public MutationMeters(QuotaWindows windows) {
        this.windows = windows;
    }

    /**
     * Takes tokens, perhaps more than there are.
     *
     * @param strict whether nothing is taken while there is a debt
     * @return whether they were taken, and how long the debt takes that is there now
     */
    public Taken take(Limit limit, int amount, boolean strict, long nowMillis) {
        double burst = windows.burst(limit.bound());
        Taken[] taken = new Taken[1];
        buckets.compute(limit.sharers(), (_, known) -> {
            TokenBucket bucket = known == null ? new TokenBucket(limit.bound(), burst, nowMillis) : known;
            bucket.configure(limit.bound(), burst, nowMillis);
            boolean may = !strict || !bucket.isOverdrawn(nowMillis);
            if (may) {
                bucket.take(amount, nowMillis);
            }
            taken[0] = new Taken(may, bucket.debtMillis(nowMillis));
            return bucket;
        });
        if (buckets.size() > sweepAt) {
            for (Sharers sharers : buckets.keySet()) {
                buckets.computeIfPresent(sharers, (_, bucket) -> bucket.isFull(nowMillis) ? null : bucket);
            }
            sweepAt = FEW + 2 * buckets.size();
        }
        return taken[0];
    }

    public record Taken(boolean taken, long debtMillis) {
    }
}
