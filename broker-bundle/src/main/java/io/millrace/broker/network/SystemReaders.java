package io.millrace.broker.network;

import java.util.concurrent.Semaphore;

/**
 * Which connections are read by a thread of the system rather than by a virtual one. The kernel wakes such a thread itself, where otherwise a
 * request wakes the poller and that a carrier: less work and less waiting per request, for more memory per connection. So there are few, for
 * connections that are busy. Thread-safe.
 */
final class SystemReaders {

    /** Frames, each soon after the one before, after which a connection is busy for good. */
    static final int BUSY_FRAMES = 64;
    private static final int PER_PROCESSOR = 4;

    private final Semaphore free;

    SystemReaders(int processors) {
        this.free = new Semaphore(processors * PER_PROCESSOR);
    }

    /** @return whether the connection may have one, until it ends */
    boolean tryTake() {
        return free.tryAcquire();
    }

    void giveBack() {
        free.release();
    }
}
