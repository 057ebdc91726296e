package io.millrace.cli;

import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/**
 * Ctrl-C and SIGTERM, which is what {@code millrace stop} and service managers send: the process stops in order, and its exit code is 0 then. Left to the
 * JVM it would be 130 or 143, which a service manager takes for a failure.
 */
final class StopSignals {

    private static final String[] SIGNALS = {"INT", "TERM"};

    private final Runnable stop;
    private final AtomicBoolean begun = new AtomicBoolean();

    private StopSignals(Runnable stop) {
        this.stop = stop;
    }

    /** @param stop blocks until everything has stopped; run by a thread of its own, once */
    static StopSignals endingWith(Runnable stop) {
        StopSignals signals = new StopSignals(stop);
        for (String name : SIGNALS) {
            try {
                Signal.handle(new Signal(name), _ -> signals.begin());
            } catch (IllegalArgumentException taken) {
                // By the JVM's options: its shutdown hook stops the platform then.
            }
        }
        return signals;
    }

    private void begin() {
        if (begun.compareAndSet(false, true)) {
            Thread.ofPlatform().name("millrace-stop").start(() -> {
                stop.run();
                System.exit(0);
            });
        }
    }

    boolean haveCome() {
        return begun.get();
    }
}
