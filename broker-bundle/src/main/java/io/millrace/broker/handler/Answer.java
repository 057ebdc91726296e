package io.millrace.broker.handler;

import org.apache.kafka.common.requests.AbstractResponse;

/** A response that may not be there yet. Awaited by the connection's writer thread, in the order of requests. */
@FunctionalInterface
public interface Answer {

    /** Blocks until there is a response; null if the client wants none (Produce with acks=0). */
    AbstractResponse await() throws InterruptedException;

    static Answer now(AbstractResponse response) {
        return () -> response;
    }
}
