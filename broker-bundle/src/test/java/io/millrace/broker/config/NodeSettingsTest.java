package io.millrace.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.config.NodeSettings.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeSettingsTest {

    /** A property, its keys with the factor of their unit, and whether a default stands in the last of them. */
    private static final Map<String, Map<String, Long>> PROPERTIES = Map.of(
            "retention.ms", ordered("log.retention.ms", 1L, "log.retention.minutes", 60_000L, "log.retention.hours", 3_600_000L),
            "segment.ms", ordered("log.roll.ms", 1L, "log.roll.hours", 3_600_000L),
            "segment.jitter.ms", ordered("log.roll.jitter.ms", 1L, "log.roll.jitter.hours", 3_600_000L),
            "max.message.bytes", ordered("message.max.bytes", 1L),
            "flush.ms", ordered("log.flush.interval.ms", 1L),
            "retention.bytes", ordered("log.retention.bytes", 1L),
            "write.caching", ordered("log.write.caching", 1L));

    private static Map<String, Long> ordered(Object... pairs) {
        Map<String, Long> map = new java.util.LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], (Long) pairs[i + 1]);
        }
        return map;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89})
    void theValueInForceIsTheOneANaiveModelFinds(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Map<String, String> fixed = new HashMap<>();
            Map<String, String> all = new HashMap<>();
            Map<String, String> own = new HashMap<>();
            PROPERTIES.values().forEach(keys -> keys.keySet().forEach(key -> {
                maybe(random, key, fixed);
                if (BrokerKeys.isDynamic(key)) {
                    maybe(random, key, all);
                    maybe(random, key, own);
                }
            }));
            NodeSettings settings = NodeSettings.of(fixed).with(all, own);
            PROPERTIES.forEach((property, keys) -> {
                List<Level> expected = new ArrayList<>();
                collect(expected, keys, own, ConfigSource.DYNAMIC_BROKER_CONFIG);
                collect(expected, keys, all, ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
                collect(expected, keys, fixed, ConfigSource.STATIC_BROKER_CONFIG);
                boolean isSet = !expected.isEmpty();
                Map<String, String> defaults = new HashMap<>();
                keys.keySet().stream().filter(key -> BrokerKeys.get(key).defaultValue() != null).forEach(key -> defaults.put(key, BrokerKeys.get(key).defaultValue()));
                collect(expected, keys, defaults, ConfigSource.DEFAULT_CONFIG);
                String value = TopicKeys.get(property).defaultValue();
                if (!expected.isEmpty()) {
                    // Units go before levels only among keys that no dynamic level has.
                    Level first = firstByKey(keys, expected);
                    long factor = keys.get(first.name());
                    value = factor == 1 ? first.value() : first.value().startsWith("-") ? "-1" : Long.toString(Long.parseLong(first.value()) * factor);
                }
                assertThat(settings.topicDefaults().get(property)).as("seed %d, %s of %s", seed, property, expected).isEqualTo(value);
                if (isSet) {
                    assertThat(settings.levelsOfTopicProperty(property)).as("seed %d", seed).isEqualTo(expected);
                }
            });
        }
    }

    private static Level firstByKey(Map<String, Long> keys, List<Level> levels) {
        return keys.keySet().stream().flatMap(key -> levels.stream().filter(level -> level.name().equals(key))).findFirst().orElseThrow();
    }

    private static void maybe(Random random, String key, Map<String, String> values) {
        if (random.nextInt(3) == 0) {
            values.put(key, switch (BrokerKeys.get(key).type()) {
                case BOOLEAN -> Boolean.toString(random.nextBoolean());
                case INT -> Integer.toString(1 + random.nextInt(10_000));
                default -> Long.toString(1 + random.nextInt(1_000_000));
            });
        }
    }

    private static void collect(List<Level> levels, Map<String, Long> keys, Map<String, String> values, ConfigSource source) {
        keys.keySet().stream().filter(values::containsKey).forEach(key -> levels.add(new Level(key, values.get(key), source)));
    }

    @Test
    void minutesAndHoursCountUnlessMillisecondsAreSet() {
        assertThat(NodeSettings.of(Map.of("log.retention.hours", "2")).topicDefaults()).containsEntry("retention.ms", "7200000");
        assertThat(NodeSettings.of(Map.of("log.retention.hours", "2", "log.retention.minutes", "3")).topicDefaults()).containsEntry("retention.ms", "180000");
        assertThat(NodeSettings.of(Map.of("log.retention.hours", "2", "log.retention.ms", "4")).topicDefaults()).containsEntry("retention.ms", "4");
        assertThat(NodeSettings.of(Map.of("log.retention.minutes", "-1")).topicDefaults()).containsEntry("retention.ms", "-1");
        assertThat(NodeSettings.of(Map.of("log.roll.hours", "2147483647")).topicDefaults()).containsEntry("segment.ms", "7730941129200000");
        assertThat(NodeSettings.of(Map.of()).topicDefaults()).containsEntry("retention.ms", "604800000").containsEntry("segment.ms", "604800000")
                .containsEntry("flush.ms", "9223372036854775807");
    }

    @Test
    void aWrongFixedValueSaysWhereToCorrectIt() {
        assertThatThrownBy(() -> NodeSettings.of(Map.of("log.retention.ms", "-5")))
                .hasMessage("Invalid value -5 for configuration log.retention.ms: it must be at least -1; correct it in millrace.properties");
        assertThatThrownBy(() -> NodeSettings.of(Map.of("log.cleaner.min.compaction.lag.ms", "10", "log.cleaner.max.compaction.lag.ms", "5")))
                .hasMessageContaining("min.compaction.lag.ms (10) is more than max.compaction.lag.ms (5)");
    }

    @Test
    void whatAnotherReleaseLeftIsPassedOver() {
        NodeSettings settings = NodeSettings.of(Map.of()).with(Map.of("no.such.key", "1", "message.max.bytes", "much"), Map.of("log.retention.ms", "7"));
        assertThat(settings.value("message.max.bytes")).isEqualTo("1048588");
        assertThat(settings.topicDefaults()).containsEntry("retention.ms", "7");
    }
}
