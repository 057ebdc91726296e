package io.millrace.api.broker;

/** Stands for the platform's contract of this name, which the launcher knows by name only. */
public interface Broker {

    String bootstrapServers();
}
