package io.millrace.api.broker;

/** This node's broker. Registered as a service once it accepts connections, and unregistered before it stops to. Thread-safe; nothing blocks. */
public interface Broker {

    /** Where clients in this process connect: {@code host:port}. */
    String bootstrapServers();

    /** The same for the life of the data folder. */
    String clusterId();

    /** From 0; unique in the cluster. */
    int nodeId();
}
