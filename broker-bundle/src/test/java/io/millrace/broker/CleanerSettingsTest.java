package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.clean.CleanerConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The keys of Kafka's log cleaner in the node's own configuration: all there are but {@code log.cleaner.enable}, with Kafka's names and defaults. */
class CleanerSettingsTest {

    @Test
    void whatIsSetForTheNodeReachesTheCleaner() {
        NodeSettings settings = NodeSettings.of(Map.of("log.cleaner.threads", "2", "log.cleaner.backoff.ms", "70", "log.cleaner.dedupe.buffer.size", "4000000",
                "log.cleaner.io.buffer.load.factor", "0.5", "log.cleaner.io.buffer.size", "90000", "log.cleaner.io.max.bytes.per.second", "1e6"));
        assertThat(CleanerSettings.of(settings))
                .isEqualTo(new CleanerConfig(2, Duration.ofMillis(70), 4_000_000, 0.5, 90_000, 1e6, CleanerConfig.standard().retry()));
        assertThat(CleanerSettings.of(NodeSettings.of(Map.of()))).isEqualTo(CleanerConfig.standard());
    }

    @Test
    void whatIsSetForTheNodeReachesTopicsThatDoNotSetIt() {
        Map<String, String> properties = Map.of("log.cleaner.delete.retention.ms", "delete.retention.ms", "log.cleaner.min.compaction.lag.ms",
                "min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", "max.compaction.lag.ms", "log.cleaner.min.cleanable.ratio",
                "min.cleanable.dirty.ratio");
        Map<String, String> set = new HashMap<>();
        properties.keySet().forEach(key -> set.put(key, key.endsWith("ratio") ? "0.25" : Integer.toString(1_000 + key.length())));
        Map<String, String> reached = NodeSettings.of(set).topicDefaults();
        properties.forEach((key, property) -> assertThat(reached).containsEntry(property, set.get(key)));
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        refused("log.cleaner.threads", "0");
        refused("log.cleaner.backoff.ms", "-1");
        refused("log.cleaner.dedupe.buffer.size", "1000");
        refused("log.cleaner.io.buffer.load.factor", "1.5");
        refused("log.cleaner.io.buffer.size", "0");
        refused("log.cleaner.io.max.bytes.per.second", "0");
        refused("log.cleaner.min.cleanable.ratio", "2");
        refused("log.cleaner.delete.retention.ms", "-1");
    }

    private static void refused(String key, String value) {
        assertThatThrownBy(() -> CleanerSettings.of(NodeSettings.of(Map.of(key, value)))).as("%s=%s", key, value).hasMessageContaining(key)
                .hasMessageContaining(value);
    }
}
