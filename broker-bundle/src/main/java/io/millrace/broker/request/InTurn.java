package io.millrace.broker.request;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * A request that is served when its turn has come: what the requests before it on its connection brought about is known to be stored by then. Where
 * that needs no wait it is done at once, and only its result is waited for.
 */
public final class InTurn implements Answer {

    private final BooleanSupplier atOnce;
    private final Supplier<Answer> service;
    private Answer served;
    private RuntimeException failure;

    /** @param atOnce whether {@code service} will hardly block; it is not asked again if not */
    public InTurn(BooleanSupplier atOnce, Supplier<Answer> service) {
        this.atOnce = atOnce;
        this.service = service;
    }

    @Override
    public When begin(Runnable ready) {
        try {
            if (!atOnce.getAsBoolean()) {
                return When.AWAITED;
            }
            served = service.get();
        } catch (RuntimeException failed) {
            failure = failed;
            return When.NOW;
        }
        return served.begin(ready);
    }

    @Override
    public AbstractResponse await() throws InterruptedException {
        if (failure != null) {
            throw failure;
        }
        if (served == null) {
            served = service.get();
        }
        return served.await();
    }
}
