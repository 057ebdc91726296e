package io.millrace.api.broker;

/** Registered as a service once the broker accepts connections, and unregistered before it stops to. */
public interface Broker {

    /** Where clients in this process connect: {@code host:port}. */
    String bootstrapServers();

    String clusterId();

    int nodeId();
}
