package io.millrace.connect.herder;

import io.millrace.connect.catalog.Isolated;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Calls into a plugin, one at a time, that somebody else can make their caller give up. */
final class AbandonableCalls {

    private final Duration limit;
    /** Whoever waits for plugin code now. Guarded by this object's lock, under which it is interrupted, so that nobody else is. */
    private Thread waiting;

    /** @param limit of each call */
    AbandonableCalls(Duration limit) {
        this.limit = limit;
    }

    /** @throws InterruptedException if the call was abandoned */
    <T> T call(String what, ClassLoader loader, Callable<T> code) throws InterruptedException {
        synchronized (this) {
            waiting = Thread.currentThread();
        }
        try {
            return Isolated.call(what, loader, limit, code);
        } finally {
            synchronized (this) {
                waiting = null;
            }
        }
    }

    synchronized void abandon() {
        if (waiting != null) {
            waiting.interrupt();
        }
    }
}
