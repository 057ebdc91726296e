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
 */
public record LogStoreConfig(Map<String, String> topicDefaults, Duration retentionCheck, Duration checkpointInterval, Duration producerExpiration) {

    public static LogStoreConfig standard() {
        return new LogStoreConfig(Map.of(), Duration.ofMinutes(5), Duration.ofSeconds(1), Duration.ofDays(1));
    }
}
