package io.millrace.streams.plan;

import org.apache.kafka.common.serialization.Serde;

/** A table's state within a task. @param name unique in the job */
public record Store(String name, Serde<Object> key, Serde<Object> value) {

    public String changelog(String job) {
        return job + "-" + name + "-changelog";
    }
}
