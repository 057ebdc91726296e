package io.millrace.broker.handler;

import io.millrace.broker.metrics.BrokerMetrics;
import io.millrace.broker.request.Handler;
import java.util.List;

/** A table of a test's own handlers. */
public final class OwnHandlers {

    private OwnHandlers() {
    }

    public static Handlers of(Handler... handlers) {
        return new Handlers("cluster", 1, List.of(handlers), new BrokerMetrics());
    }
}
