package io.millrace.streams.task;

/** Where a task's results, repartitioned records and state changes go: all of them into the task's current transaction. */
@FunctionalInterface
public interface Output {

    /** Stands for the partition that the key's bytes choose. */
    int BY_KEY = -1;

    void send(String topic, int partition, byte[] key, byte[] value, long timestamp);
}
