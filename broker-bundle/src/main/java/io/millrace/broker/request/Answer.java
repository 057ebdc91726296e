package io.millrace.broker.request;

import org.apache.kafka.common.requests.AbstractResponse;

/** A response that may not be there yet. Its turn comes when all of the connection's answers before it are sent: first {@link #begin}, then {@link #await}. */
@FunctionalInterface
public interface Answer {

    /** How a response comes to be there. */
    enum When {
        /** {@link #await} returns at once. */
        NOW,
        /** Likewise, more or less, once the answer has told of it. */
        TOLD,
        /** Only by awaiting it. */
        AWAITED
    }

    /**
     * Its turn has come. Does what can be done without waiting, on the thread that has just read the request if there is nothing before it.
     *
     * @param ready if {@link When#TOLD} is returned, run once by any thread, maybe before this returns: quick, does not block
     */
    default When begin(Runnable ready) {
        return When.AWAITED;
    }

    /** Blocks until there is a response; null if the client wants none (Produce with acks=0). */
    AbstractResponse await() throws InterruptedException;

    /** The client is gone: nobody will read the response, so {@link #await} may as well return early. Called from any thread. */
    default void cancel() {
    }

    /**
     * How much of the time since {@link #begin} went by because there was nothing to do yet, in nanoseconds; the greatest number for all of it.
     * Asked when {@link #await} has returned.
     */
    default long waited() {
        return Long.MAX_VALUE;
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
        public When begin(Runnable ready) {
            return When.NOW;
        }
    }
}
