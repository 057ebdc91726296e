package io.millrace.itest;

import java.util.concurrent.locks.LockSupport;

/** The interval at which a condition outside this process is looked at again. */
final class Pause {

    private static final long NANOS = 50_000_000;

    private Pause() {}

    static void aMoment() {
        LockSupport.parkNanos(NANOS);
    }
}
