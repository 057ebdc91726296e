package io.millrace.broker.network;

/** Connections that were closed because their clients did nothing, since the start. */
public interface IdleCounts {

    /** Neither sent nor took anything, {@code connections.max.idle.ms}. */
    long idle();

    /** Did not end a request that they had begun, {@code request.receive.timeout.ms}. */
    long halfSent();

    /** Did not take a response while others waited for memory. */
    long unread();
}
