package io.millrace.streams.task;

/** Written {@code 1_0}, as Kafka Streams does. */
public record TaskId(int subTopology, int partition) {

    @Override
    public String toString() {
        return subTopology + "_" + partition;
    }
}
