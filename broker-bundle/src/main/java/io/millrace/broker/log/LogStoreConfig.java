package io.millrace.broker.log;

import java.time.Duration;
import java.util.Map;

/**
 * How a store keeps its logs.
 *
 * @param topicDefaults         topic properties that this node sets for topics that do not
 * @param retentionCheck     how often retention looks at the logs
 * @param checkpointInterval how often what was appended without acknowledgement is brought to disk and recovery points are written
 * @param producerExpiration after which idle producers are forgotten
 * @param diskReserve        bytes of a disk that clients' records must leave free
 * @param journalBytes       most bytes of a log folder's journal; 0 for none
 */
public record LogStoreConfig(Map<String, String> topicDefaults, Duration retentionCheck, Duration checkpointInterval, Duration producerExpiration,
                             long diskReserve, long journalBytes) {

    private static final long USUAL_RESERVE = 64 * 1024 * 1024;
    private static final long USUAL_JOURNAL = 128 * 1024 * 1024;

    /** With the usual reserve and journal. */
    public LogStoreConfig(Map<String, String> topicDefaults, Duration retentionCheck, Duration checkpointInterval, Duration producerExpiration) {
        this(topicDefaults, retentionCheck, checkpointInterval, producerExpiration, USUAL_RESERVE, USUAL_JOURNAL);
    }

    public static LogStoreConfig standard() {
        return new LogStoreConfig(Map.of(), Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofDays(1));
    }
}
