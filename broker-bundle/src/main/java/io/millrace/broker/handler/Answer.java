package io.millrace.broker.handler;

import org.apache.kafka.common.requests.AbstractResponse;

/** A response that may not be there yet. Awaited by the connection's writer thread, in the order of requests. */
@FunctionalInterface
public interface Answer {

    /** Blocks until there is a response; null if the client wants none (Produce with acks=0). */
    AbstractResponse await() throws InterruptedException;

    /** The client is gone: nobody will read the response, so {@link #await} may as well return early. Called from any thread. */
    default void cancel() {
    }

    static Answer now(AbstractResponse response) {
        return () -> response;
    }
}
