package io.millrace.api.health;

import java.util.List;

/** Registered as a service by every part that can be unwell. Thread-safe and quick: it reports what is known and probes nothing. */
public interface HealthCheck {

    List<Finding> findings();

    /** What one thing is up to, such as connector {@code orders-sink} or partition {@code orders-3}. */
    record Finding(String kind, String name, State state, String detail) {}

    enum State { OK, STARTING, DEGRADED, FAILED }
}
