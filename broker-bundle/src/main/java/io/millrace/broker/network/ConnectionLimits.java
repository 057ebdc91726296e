package io.millrace.broker.network;

/**
 * What one client may take.
 *
 * @param maxRequestBytes of one frame, {@code socket.request.max.bytes}
 * @param maxIdleMillis   without a byte in either direction before the connection is closed, {@code connections.max.idle.ms}; -1 for ever
 * @param maxFrameMillis  from a request's first byte to its last, {@code request.receive.timeout.ms}; -1 for ever
 * @param maxInFlight     requests of one connection that are read but not answered; reading waits beyond
 */
public record ConnectionLimits(int maxRequestBytes, long maxIdleMillis, long maxFrameMillis, int maxInFlight) {
}
