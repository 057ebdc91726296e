package io.millrace.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.streams.test.TopologyTestDriver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windowed sums over records out of order, with crashes anywhere between two commits, against a model that just adds up. */
class ExactlyOnceTest {

    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<Long> NUMBER = Serdes.Long();
    private static final long SIZE = 50;

    /** One record in, with the partition it comes from; the model must know in which order a task sees them. */
    private static LambdaJob job(long advance, long grace) {
        return new LambdaJob(builder -> builder.stream("in", Consumed.with(TEXT, NUMBER))
                .selectKey((key, _) -> key.substring(1))
                .groupByKey(Grouped.with("keys", TEXT, NUMBER))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(SIZE), Duration.ofMillis(grace)).advanceBy(Duration.ofMillis(advance)))
                .reduce(Long::sum, Materialized.with("sums", TEXT, NUMBER))
                .toStream((windowed, _) -> windowed.key() + "@" + windowed.window().start())
                .to("out", Produced.with(TEXT, NUMBER)));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
    void sumsAreThoseOfTheModelWhateverCrashes(long seed) {
        Random random = new Random(seed);
        long advance = random.nextBoolean() ? SIZE : SIZE / 5;
        // All within the grace, so that the result does not depend on the order in which a task sees two inputs.
        TopologyTestDriver driver = new TopologyTestDriver(job(advance, 1_000_000), Map.of(), Map.of("in", 1 + random.nextInt(4)));
        Map<String, Long> expected = new HashMap<>();
        for (int i = 0; i < 2_000; i++) {
            String key = (char) ('a' + random.nextInt(5)) + "k" + random.nextInt(20);
            long value = random.nextInt(100);
            long timestamp = Math.max(0, i * 2L + random.nextInt(400) - 200);
            driver.feed("in", TEXT, NUMBER, key, value, timestamp);
            for (long start = timestamp / advance * advance; start >= 0 && start > timestamp - SIZE; start -= advance) {
                expected.merge(key.substring(1) + "@" + start, value, Long::sum);
            }
            step(driver, random);
        }
        driver.crash();
        driver.drain();

        assertThat(last(driver)).as("seed %d", seed).isEqualTo(expected);
    }

    private static void step(TopologyTestDriver driver, Random random) {
        switch (random.nextInt(40)) {
            case 0 -> driver.crash();
            case 1 -> {
                driver.process(random.nextInt(50));
                driver.flushWithoutCommit();
                driver.crash();
            }
            case 2, 3, 4 -> driver.commit();
            case 5, 6, 7, 8 -> driver.process(1 + random.nextInt(50));
            default -> { }
        }
    }

    private static Map<String, Long> last(TopologyTestDriver driver) {
        Map<String, Long> last = new HashMap<>();
        driver.read("out", TEXT, NUMBER).forEach(record -> last.put(record.key(), record.value()));
        return last;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {100, 101, 102, 103, 104, 105, 106, 107, 108, 109})
    void theSameRecordsAreLateWithAndWithoutCrashes(long seed) {
        // The order of processing must not depend on the crashes here: one partition, no repartitioning.
        LambdaJob job = new LambdaJob(builder -> builder.stream("in", Consumed.with(TEXT, NUMBER)).groupByKey(Grouped.with(TEXT, NUMBER))
                .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(SIZE), Duration.ofMillis(30)))
                .reduce(Long::sum, Materialized.with(TEXT, NUMBER))
                .toStream((windowed, _) -> windowed.key() + "@" + windowed.window().start())
                .to("out", Produced.with(TEXT, NUMBER)));
        Random random = new Random(seed);
        TopologyTestDriver driver = new TopologyTestDriver(job, Map.of());
        Map<String, Long> expected = new HashMap<>();
        long streamTime = -1;
        for (int i = 0; i < 2_000; i++) {
            String key = "k" + random.nextInt(5);
            long timestamp = Math.max(0, i * 2L + random.nextInt(400) - 200);
            streamTime = Math.max(streamTime, timestamp);
            long start = timestamp / SIZE * SIZE;
            if (start + SIZE + 30 > streamTime) {
                expected.merge(key + "@" + start, 1L, Long::sum);
            }
            driver.feed("in", TEXT, NUMBER, key, 1L, timestamp);
            step(driver, random);
        }
        driver.drain();

        assertThat(last(driver)).as("seed %d", seed).isEqualTo(expected);
    }
}
