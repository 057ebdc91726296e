package io.millrace.broker.quota;

import java.util.function.Supplier;

/** The quotas there are at the moment, and how much of them is used. Thread-safe. */
public final class Quotas {

    private final Supplier<ClientQuotas> newest;
    private final RateMeters meters;

    /** @param newest read once per request */
    public Quotas(Supplier<ClientQuotas> newest, QuotaWindows windows) {
        this.newest = newest;
        this.meters = new RateMeters(windows);
    }

    /** @return null if no client is limited in anything */
    public ClientQuotas inForce() {
        ClientQuotas quotas = newest.get();
        return quotas.isEmpty() ? null : quotas;
    }

    /** See {@link ClientQuotas#connectionRate}. */
    public double connectionRate(String address) {
        return newest.get().connectionRate(address);
    }

    public RateMeters meters() {
        return meters;
    }
}
