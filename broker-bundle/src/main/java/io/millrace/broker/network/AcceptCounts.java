package io.millrace.broker.network;

import io.millrace.api.metrics.Distribution;

/** How connections were let in, since the start. */
public interface AcceptCounts {

    /** Those that were closed at once included. */
    long accepted();

    /** Closed without being served. */
    long refused();

    /** For how long nothing was accepted because of limits. */
    long blockedNanos();

    /** Milliseconds for which connections waited because all together came too fast. */
    Distribution delays();

    /** Milliseconds for which connections were kept before they were closed, because those of their address came too fast. */
    Distribution addressDelays();
}
