package io.millrace.streams;

import java.util.Map;

/**
 * A stream job. Found through {@code META-INF/services/io.millrace.streams.StreamJob} in a plugin bundle; needs a public constructor without
 * arguments. The functions given to the builder run on the job's threads, one thread per task, with the plugin's class loader as the context
 * class loader; they must neither block for long nor keep state of their own, because what they keep is lost in a crash and never rolled back.
 */
public interface StreamJob {

    /** What job files call it: the member {@code job} of {@code etc/jobs/*.json}. */
    String name();

    /**
     * Describes the job. Called once per start, and once more when an update is checked; must not have effects.
     *
     * @param config the member {@code config} of the job file
     * @throws IllegalArgumentException if the configuration is wrong, with a message that names the key, the value and the mend
     */
    void define(StreamsBuilder builder, Map<String, String> config);
}
