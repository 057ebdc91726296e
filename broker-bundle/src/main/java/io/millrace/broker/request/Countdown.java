package io.millrace.broker.request;

import io.millrace.broker.request.Answer.When;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** {@link Answer#begin} of an answer that waits for several things: the last of them tells. Made and asked by one thread, told by any. */
public final class Countdown {

    private final Runnable ready;
    /** One more than there are, so that nobody tells before all are asked. */
    private final AtomicInteger left = new AtomicInteger(1);
    private final Runnable told = this::tell;

    public Countdown(Runnable ready) {
        this.ready = ready;
    }

    /** @param whenThere has it run by any thread when the thing is there, maybe at once; false if it is there already and nobody will */
    public void await(Predicate<Runnable> whenThere) {
        left.incrementAndGet();
        if (!whenThere.test(told)) {
            left.decrementAndGet();
        }
    }

    private void tell() {
        if (left.decrementAndGet() == 0) {
            ready.run();
        }
    }

    /** All are asked. */
    public When begun() {
        return left.decrementAndGet() == 0 ? When.NOW : When.TOLD;
    }
}
