package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Decided;
import io.millrace.broker.request.Answer;
import io.millrace.broker.transaction.TransactionShard.End;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * The answer to a producer that ends its transaction: durably decided, and complete unless that takes long; it will be, whatever happens. No thread
 * waits for the decision; the one that answers completes the transaction when it is durable.
 *
 * @param decided    the end, among others
 * @param completion brings the transaction to its end, or waits for that; returns whether it is there
 */
record Ending(Decided decided, BooleanSupplier completion, AbstractResponse response) implements Answer {

    @Override
    public When begin(Runnable ready) {
        return decided.whenDurable(ready) ? When.TOLD : When.AWAITED;
    }

    @Override
    public AbstractResponse await() throws InterruptedException {
        if (!completion.getAsBoolean()) {
            decided.awaitDurable();
        }
        return response;
    }
}
