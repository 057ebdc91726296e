package io.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.streams.task.RecordException;
import io.millrace.streams.test.TopologyTestDriver;
import io.millrace.streams.test.TopologyTestDriver.TestRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;

class OperatorsTest {

    private static final Serde<String> TEXT = Serdes.String();
    private static final Consumed<String, String> TEXTS = Consumed.with(TEXT, TEXT);
    private static final Produced<String, String> AS_TEXTS = Produced.with(TEXT, TEXT);

    private static TopologyTestDriver driver(Consumer<StreamsBuilder> definition) {
        return new TopologyTestDriver(new LambdaJob(definition), Map.of());
    }

    private static void pipe(TopologyTestDriver driver, String topic, String key, String value, long timestamp) {
        driver.pipe(topic, TEXT, TEXT, key, value, timestamp);
    }

    private static List<TestRecord<String, String>> out(TopologyTestDriver driver) {
        return driver.read("out", TEXT, TEXT);
    }

    private static TestRecord<String, String> record(String key, String value, long timestamp) {
        return new TestRecord<>(key, value, timestamp);
    }

    @Test
    void statelessOperatorsFollowOneAnother() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS)
                .filter((_, value) -> !value.isEmpty())
                .flatMapValues(value -> List.of(value.split(" ")))
                .filterNot((_, word) -> word.equals("no"))
                .map((key, word) -> KeyValue.pair(word, key))
                .selectKey((word, _) -> word.toUpperCase())
                .mapValues((word, key) -> key + ":" + word)
                .to("out", AS_TEXTS));

        pipe(driver, "in", "a", "yes no maybe", 7);
        pipe(driver, "in", "b", "", 8);

        assertThat(out(driver)).containsExactly(record("YES", "a:YES", 7), record("MAYBE", "a:MAYBE", 7));
    }

    @Test
    void mergedStreamsKeepAllRecords() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS).merge(builder.stream("other", TEXTS)).to("out", AS_TEXTS));

        pipe(driver, "in", "a", "1", 1);
        pipe(driver, "other", "b", "2", 2);

        assertThat(out(driver)).containsExactly(record("a", "1", 1), record("b", "2", 2));
    }

    @Test
    void assignedTimestampsTravelThroughRepartitionTopics() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS)
                .assignTimestamps((_, value) -> Long.parseLong(value))
                .repartition(Repartitioned.with("again", TEXT, TEXT))
                .to("out", AS_TEXTS));

        pipe(driver, "in", "a", "42", 7);
        pipe(driver, "in", "a", "-1", 8);

        assertThat(out(driver)).containsExactly(record("a", "42", 42));
        assertThat(driver.dropped()).isEqualTo(1);
    }

    @Test
    void joinsSeeTheTableAsItIsAndDropWhatHasNoMatch() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS)
                .join(builder.table("table", TEXTS), (left, right) -> left + right, Joined.with(TEXT, TEXT)).to("out", AS_TEXTS));

        pipe(driver, "in", "a", "1", 1);
        pipe(driver, "table", "a", "x", 2);
        pipe(driver, "in", "a", "2", 3);
        pipe(driver, "in", null, "3", 4);
        pipe(driver, "table", "a", null, 5);
        pipe(driver, "in", "a", "4", 6);

        assertThat(out(driver)).containsExactly(record("a", "2x", 3));
        assertThat(driver.stateEntries()).isZero();
    }

    @Test
    void tablesAreReadToTheirEndBeforeEventsAlthoughTheyAreYounger() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS)
                .leftJoin(builder.table("table", TEXTS), (left, right) -> left + right, Joined.with(TEXT, TEXT)).to("out", AS_TEXTS));

        driver.feed("in", TEXT, TEXT, "a", "1", 1);
        driver.feed("table", TEXT, TEXT, "a", "x", 100);
        driver.drain();

        assertThat(out(driver)).containsExactly(record("a", "1x", 1));
    }

    @Test
    void tablesCanBeMappedAndFilteredBeforeTheyAreJoined() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS)
                .leftJoin(builder.table("table", TEXTS).mapValues(String::toUpperCase).filter((_, value) -> !value.equals("Y")),
                        (left, right) -> left + right, Joined.with(TEXT, TEXT))
                .to("out", AS_TEXTS));

        pipe(driver, "table", "a", "x", 1);
        pipe(driver, "table", "b", "y", 1);
        pipe(driver, "in", "a", "1", 2);
        pipe(driver, "in", "b", "1", 3);

        assertThat(out(driver)).containsExactly(record("a", "1X", 2), record("b", "1null", 3));
    }

    @Test
    void aggregatesLeaveOncePerKeyAndCommit() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS).groupBy((_, value) -> value, Grouped.with(TEXT, TEXT))
                .count(Materialized.with(TEXT, Serdes.Long())).mapValues(count -> "" + count).toStream().to("out", AS_TEXTS));
        for (String value : List.of("x", "y", "x", "x")) {
            driver.feed("in", TEXT, TEXT, "any", value, 1);
        }

        driver.drain();

        assertThat(out(driver)).containsExactly(record("x", "3", 1), record("y", "1", 1));
    }

    @Test
    void recordsAfterTheGraceAreDroppedAndCounted() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS).groupByKey(Grouped.with(TEXT, TEXT))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(10), Duration.ofMillis(5)))
                .reduce((one, other) -> one + other, Materialized.with(TEXT, TEXT))
                .toStream((windowed, _) -> windowed.key() + "@" + windowed.window().start()).to("out", AS_TEXTS));

        pipe(driver, "in", "a", "1", 3);
        pipe(driver, "in", "a", "2", 14);
        pipe(driver, "in", "a", "3", 4);
        pipe(driver, "in", "a", "4", 15);
        pipe(driver, "in", "a", "5", 5);

        assertThat(out(driver)).containsExactly(record("a@0", "1", 3), record("a@10", "2", 14), record("a@0", "13", 4), record("a@10", "24", 15));
        assertThat(driver.late()).isEqualTo(1);
        assertThat(driver.stateEntries()).as("the first window is forgotten").isEqualTo(1);
    }

    @Test
    void failuresNameTheRecord() {
        TopologyTestDriver driver = driver(builder -> builder.stream("in", TEXTS).mapValues(value -> "" + 1 / Integer.parseInt(value)).to("out", AS_TEXTS));
        pipe(driver, "in", "a", "1", 1);

        assertThatThrownBy(() -> pipe(driver, "in", "a", "0", 1)).isInstanceOf(RecordException.class)
                .hasMessageContaining("in-0@1").hasMessageContaining("/ by zero");
    }

    @Test
    void joinsOfTopicsThatArePartitionedDifferentlyAreRefused() {
        LambdaJob job = new LambdaJob(builder -> builder.stream("in", TEXTS)
                .join(builder.table("table", TEXTS), (left, right) -> left + right, Joined.with(TEXT, TEXT)).to("out", AS_TEXTS));

        assertThatThrownBy(() -> new TopologyTestDriver(job, Map.of(), Map.of("in", 3))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("{in=3, table=1}");
    }

    @Test
    void jsonObjectsKeepTheirMembersAndWholeNumbers() {
        Serde<Map<String, Object>> json = Json.serde();
        byte[] bytes = "{\"b\":1,\"a\":{\"c\":null}}".getBytes();

        Map<String, Object> object = json.deserializer().deserialize("t", bytes);

        assertThat(Json.number(object, "b")).isEqualTo(1);
        assertThat(json.serializer().serialize("t", object)).isEqualTo(bytes);
        assertThatThrownBy(() -> Json.text(object, "b")).hasMessage("member \"b\" should be a text and is 1");
    }
}
