package io.millrace.broker.request;

import org.apache.kafka.common.requests.AbstractResponse;

/** A response that may not be there yet. Awaited by the connection's writer thread, in the order of requests. */
@FunctionalInterface
public interface Answer {

    /** Blocks until there is a response; null if the client wants none (Produce with acks=0). */
    AbstractResponse await() throws InterruptedException;

    /** The client is gone: nobody will read the response, so {@link #await} may as well return early. Called from any thread. */
    default void cancel() {
    }

    /**
     * How much of {@link #await}'s time went by because there was nothing to do yet, in nanoseconds; the greatest number for all of it. Asked
     * when that has returned.
     */
    default long waited() {
        return Long.MAX_VALUE;
    }

    /** Whether {@link #await} returns at once. */
    default boolean isReady() {
        return false;
    }

    /** The response, if it is made already and takes memory until it is sent; null if it is yet to be made, or there is none. */
    default AbstractResponse made() {
        return null;
    }

    static Answer now(AbstractResponse response) {
        return new Made(response);
    }

    /** Nothing is left to wait for. */
    record Made(AbstractResponse made) implements Answer {

        @Override
        public AbstractResponse await() {
            return made;
        }

        @Override
        public boolean isReady() {
            return true;
        }
    }
}
