package io.millrace.api.health;

import java.util.List;

/** Registered as a service by every part that can be unwell. Thread-safe and quick: it reports what is known and probes nothing. */
public interface HealthCheck {

    List<Finding> findings();

    /**
     * What one thing is up to.
     *
     * @param kind   such as {@code connector}
     * @param name   such as {@code orders-sink}
     * @param detail what is wrong, for people; empty if nothing is
     */
    record Finding(String kind, String name, State state, String detail) {}

    enum State { OK, STARTING, DEGRADED, FAILED }
}
