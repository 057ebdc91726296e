package io.millrace.api.log;

import java.util.Optional;
import java.util.OptionalInt;

/** The partitions whose leader is this node. Thread-safe. */
public interface LocalLogs {

    /** @return how many partitions the topic has; empty if there is no such topic */
    OptionalInt partitions(String topic);

    /** @return a reader of the partition; empty if it does not exist or its leader is another node */
    Optional<LogReader> reader(String topic, int partition);
}
