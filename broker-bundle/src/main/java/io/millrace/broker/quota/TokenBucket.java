package io.millrace.broker.quota;

/**
 * Tokens that come at a rate, up to a burst, and may be overdrawn once: whoever takes more than there are waits for the debt (KIP-599).
 * Confined to its owner.
 */
final class TokenBucket {

    private double perSecond;
    private double burst;
    private double tokens;
    private long filledAt;

    TokenBucket(double perSecond, double burst, long now) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.filledAt = now;
    }

    /** What came until now came at the old rate. */
    void configure(double newPerSecond, double newBurst, long now) {
        fill(now);
        perSecond = newPerSecond;
        burst = newBurst;
        fill(now);
    }

    boolean isOverdrawn(long now) {
        fill(now);
        return tokens < 0;
    }

    /** Whether it is equal to a new one. */
    boolean isFull(long now) {
        fill(now);
        return tokens >= burst;
    }

    void take(double amount, long now) {
        fill(now);
        tokens -= amount;
    }

    /** How long until the debt is paid. */
    long debtMillis(long now) {
        fill(now);
        return tokens >= 0 ? 0 : Math.max(1, Math.round(-tokens / perSecond * 1000));
    }

    private void fill(long now) {
        tokens = Math.min(burst, tokens + Math.max(0, now - filledAt) / 1000.0 * perSecond);
        filledAt = Math.max(filledAt, now);
    }
}
