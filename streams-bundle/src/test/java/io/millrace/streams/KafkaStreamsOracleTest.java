package io.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streams.test.TopologyTestDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.TestInputTopic;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same topology on Kafka Streams itself must send the same records, null keys and values and late records included. */
class KafkaStreamsOracleTest {

    private static final Serde<String> TEXT = Serdes.String();

    @TempDir
    private Path states;

    private static LambdaJob ours(TimeWindows windows) {
        return new LambdaJob(builder -> {
            KTable<String, String> table = builder.table("table", Consumed.with(TEXT, TEXT));
            KStream<String, String> in = builder.stream("in", Consumed.with(TEXT, TEXT));
            in.groupByKey(Grouped.with(TEXT, TEXT)).windowedBy(windows).count(Materialized.with(TEXT, Serdes.Long()))
                    .toStream((windowed, _) -> windowed.key() + "@" + windowed.window().start()).mapValues(String::valueOf)
                    .to("windows", Produced.with(TEXT, TEXT));
            in.groupByKey(Grouped.with(TEXT, TEXT)).reduce((one, other) -> other.equals("v0") ? null : one + other, Materialized.with(TEXT, TEXT))
                    .filter((_, value) -> value.length() < 9).toStream().to("reduced", Produced.with(TEXT, TEXT));
            in.leftJoin(table, (left, right) -> left + "/" + right, Joined.with(TEXT, TEXT)).to("left", Produced.with(TEXT, TEXT));
            in.join(table, (left, right) -> left + "/" + right, Joined.with(TEXT, TEXT)).to("inner", Produced.with(TEXT, TEXT));
        });
    }

    private static org.apache.kafka.streams.Topology theirs(TimeWindows windows) {
        var builder = new org.apache.kafka.streams.StreamsBuilder();
        var consumed = org.apache.kafka.streams.kstream.Consumed.with(TEXT, TEXT);
        var produced = org.apache.kafka.streams.kstream.Produced.with(TEXT, TEXT);
        var grouped = org.apache.kafka.streams.kstream.Grouped.with(TEXT, TEXT);
        var table = builder.table("table", consumed);
        var in = builder.stream("in", consumed);
        in.groupByKey(grouped).windowedBy(org.apache.kafka.streams.kstream.TimeWindows
                        .ofSizeAndGrace(Duration.ofMillis(windows.size()), Duration.ofMillis(windows.grace())).advanceBy(Duration.ofMillis(windows.advance())))
                .count().toStream((windowed, _) -> windowed.key() + "@" + windowed.window().start()).mapValues(String::valueOf).to("windows", produced);
        in.groupByKey(grouped).reduce((one, other) -> other.equals("v0") ? null : one + other)
                .filter((_, value) -> value.length() < 9).toStream().to("reduced", produced);
        in.leftJoin(table, (left, right) -> left + "/" + right).to("left", produced);
        in.join(table, (left, right) -> left + "/" + right).to("inner", produced);
        return builder.build();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void sendsWhatKafkaStreamsSends(long seed) {
        Random random = new Random(seed);
        TimeWindows windows = new TimeWindows(20, seed % 2 == 0 ? 20 : 7, 15);
        TopologyTestDriver driver = new TopologyTestDriver(ours(windows), Map.of());
        Properties config = new Properties();
        config.put("application.id", "oracle");
        config.put("bootstrap.servers", "none:1");
        config.put("state.dir", states.toString());
        config.put("default.key.serde", TEXT.getClass().getName());
        config.put("default.value.serde", TEXT.getClass().getName());
        try (var oracle = new org.apache.kafka.streams.TopologyTestDriver(theirs(windows), config)) {
            TestInputTopic<String, String> in = oracle.createInputTopic("in", TEXT.serializer(), TEXT.serializer());
            TestInputTopic<String, String> table = oracle.createInputTopic("table", TEXT.serializer(), TEXT.serializer());
            for (int i = 0; i < 1_000; i++) {
                String topic = random.nextInt(4) == 0 ? "table" : "in";
                String key = random.nextInt(20) == 0 ? null : "k" + random.nextInt(5);
                String value = random.nextInt(10) == 0 ? null : "v" + random.nextInt(5);
                long timestamp = Math.max(0, i + random.nextInt(120) - 60);
                driver.pipe(topic, TEXT, TEXT, key, value, timestamp);
                (topic.equals("in") ? in : table).pipeInput(key, value, Instant.ofEpochMilli(timestamp));
            }
            for (String topic : List.of("windows", "reduced", "left", "inner")) {
                List<String> expected = new ArrayList<>();
                oracle.createOutputTopic(topic, TEXT.deserializer(), TEXT.deserializer()).readRecordsToList()
                        .forEach(record -> expected.add(record.key() + "=" + record.value() + " at " + record.timestamp()));
                List<String> sent = driver.read(topic, TEXT, TEXT).stream()
                        .map(record -> record.key() + "=" + record.value() + " at " + record.timestamp()).toList();
                assertThat(sent).as("topic %s, seed %d", topic, seed).isEqualTo(expected);
            }
        }
    }
}
