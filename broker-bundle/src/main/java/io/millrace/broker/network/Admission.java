package io.millrace.broker.network;

import io.millrace.broker.quota.Limit;
import io.millrace.broker.quota.QuotaType;
import io.millrace.broker.quota.Quotas;
import io.millrace.broker.quota.RateMeters;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Decides which connections are accepted, and when (KIP-402, KIP-612): what is too much for the node waits, what is too much for its address is
 * refused. Time is handed in. Thread-safe.
 */
final class Admission {

    private static final String LISTENER = "PLAINTEXT";

    sealed interface Verdict {
    }

    /** @param millis for how long it has to wait for being served, and all others with it */
    record Welcome(long millis) implements Verdict {
    }

    /** @param most from its address */
    record TooMany(int most) implements Verdict {
    }

    /** @param millis for how long it is kept from trying again before it is closed */
    record TooFast(double perSecond, long millis) implements Verdict {
    }

    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();
    private final Quotas quotas;
    private final long longestDelay;
    private final Supplier<ConnectionRules> rules;

    /** @param rules those in force at the moment */
    Admission(Quotas quotas, Supplier<ConnectionRules> rules) {
        this.quotas = quotas;
        this.rules = rules;
        this.longestDelay = TimeUnit.SECONDS.toMillis(quotas.meters().windows().seconds());
    }

    boolean hasRoom() {
        return open.get() < rules.get().most();
    }

    int most() {
        return rules.get().most();
    }

    /** One that is welcome counts until {@link #ended}. */
    Verdict admit(InetAddress address, long nowMillis) {
        double perSecond = quotas.connectionRate(address.getHostAddress());
        if (Double.isFinite(perSecond)) {
            Limit limit = new Limit(QuotaType.CONNECTION_CREATION_RATE, "", address.getHostAddress(), perSecond);
            RateMeters.Admission rate = quotas.meters().admit(limit, 1, nowMillis);
            if (!rate.admitted()) {
                return new TooFast(perSecond, Math.min(longestDelay, rate.excessMillis()));
            }
        }
        int most = rules.get().most(address);
        boolean[] admitted = new boolean[1];
        byAddress.compute(address, (_, known) -> {
            int there = known == null ? 0 : known;
            admitted[0] = there < most;
            return admitted[0] ? Integer.valueOf(there + 1) : known;
        });
        if (!admitted[0]) {
            return new TooMany(most);
        }
        open.incrementAndGet();
        ConnectionRules inForce = rules.get();
        return new Welcome(Math.max(delay("", inForce.perSecond(), nowMillis), delay(LISTENER, inForce.ofListener(), nowMillis)));
    }

    private long delay(String whole, int perSecond, long nowMillis) {
        if (perSecond == Integer.MAX_VALUE) {
            return 0;
        }
        // No connection at all per second would be for ever.
        Limit limit = new Limit(QuotaType.CONNECTION_CREATION_RATE, whole, "", Math.max(1, perSecond));
        return Math.min(longestDelay, quotas.meters().record(limit, 1, nowMillis));
    }

    void ended(InetAddress address) {
        open.decrementAndGet();
        byAddress.computeIfPresent(address, (_, there) -> there == 1 ? null : Integer.valueOf(there - 1));
    }
}
