package io.millrace.broker.metrics;

/** What the request path counts. */
public final class BrokerMetrics {

    private final RequestMetrics requests = new RequestMetrics();
    private final Traffic traffic = new Traffic();

    public RequestMetrics requests() {
        return requests;
    }

    public Traffic traffic() {
        return traffic;
    }
}
