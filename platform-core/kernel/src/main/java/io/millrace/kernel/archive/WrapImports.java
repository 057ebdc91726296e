package io.millrace.kernel.archive;

import java.util.Map;
import java.util.Set;

/**
 * What a wrapped plugin may see of the platform.
 *
 * @param kafka    packages of the shared Kafka bundle and the version range to import them at; they hide the plugin's own copies
 * @param logging  packages of slf4j
 * @param jackson  packages of the platform's Jackson, imported where the plugin has none of its own
 * @param streams  packages of the stream engine's DSL, imported where the plugin has a stream job
 * @param jdk      packages of the JDK outside of java.*, imported optionally
 */
public record WrapImports(Map<String, String> kafka, Set<String> logging, Map<String, String> jackson, Map<String, String> streams,
        Set<String> jdk) {

    /** The bundle with the DSL, and its main package. */
    public static final String STREAMS = "io.millrace.streams";
}
