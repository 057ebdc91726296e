package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long an installation, an update and a roll-back take, and what the outputs of the swapped connector and of another one show of it. Prints
 * its measurements; {@code -Dmillrace.times.rounds=30} takes as many.
 */
class PluginTimesIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private final List<Double> installs = new ArrayList<>();
    private final List<Double> updates = new ArrayList<>();
    private final List<Double> rollbacks = new ArrayList<>();
    private final List<Double> swappedGaps = new ArrayList<>();

    @Test
    void anUpdateInterruptsTheSwappedConnectorBrieflyAndOthersNot() throws Exception {
        int rounds = Integer.getInteger("millrace.times.rounds", 3);
        Path data = folder.resolve("data");
        Path[] files = {PluginFile.sample("2.0.0").writeTo(folder.resolve("swapped-2.0.0.jar")),
            PluginFile.sample("3.0.0").writeTo(folder.resolve("swapped-3.0.0.jar"))};
        try (Millrace millrace = Millrace.start(data); Steady other = Steady.start(millrace, data, folder)) {
            millrace.sendFile("POST", "/plugins?filename=swapped-2.0.0.jar", files[0]);
            // By its version, for the other connector's plugin has classes of the same names.
            millrace.send("POST", "/connectors", """
                    {"name": "swapped", "config": {"connector.class": "io.millrace.itest.sample.CountingSource", "topic": "swapped",
                     "connector.plugin.version": "[2.0,4.0)", "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""");
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "swapped")) {
                millrace.await("numbers", LIMIT, () -> tail.size() > 50);
                long quiet = other.longestPause(millrace, other.counted(), 100 * rounds);
                System.out.println("longest pause of the other's output without a swap " + quiet + " ms");
                swaps(millrace, rounds, files);
            }
            for (int round = 0; round < rounds; round++) {
                installs.add(timed(() -> millrace.sendFile("POST", "/plugins?filename=extra-1.0.0.jar", files[0])));
                millrace.send("DELETE", "/plugins/extra", null);
            }
            double others = longestGap(millrace, "steady", 50, Long.MAX_VALUE);
            System.out.printf("install  %s%nupdate   %s (of which 1000 ms are the watch over the new version)%nrollback %s%n", told(installs), told(updates),
                    told(rollbacks));
            System.out.printf("gap in the swapped connector's output %s%nlongest gap in the other's output meanwhile %.0f ms%n", told(swappedGaps), others);
            assertThat(swappedGaps.stream().sorted().skip(swappedGaps.size() / 2).findFirst().orElseThrow()).as("median gap").isLessThan(2_500);
            assertThat(other.longestPause(millrace, 0, 10)).isPositive();
        }
    }

    private void swaps(Millrace millrace, int rounds, Path[] files) throws Exception {
        for (int round = 0; round < rounds; round++) {
            for (List<Double> times : List.of(updates, rollbacks)) {
                long from = System.currentTimeMillis();
                times.add(timed(() -> times == updates ? millrace.sendFile("PUT", "/plugins/swapped?filename=" + files[1].getFileName(), files[1])
                        : millrace.send("POST", "/plugins/swapped/rollback", "")));
                swappedGaps.add(longestGap(millrace, "swapped", 0, from));
            }
        }
    }

    private interface Step {
        Object run() throws Exception;
    }

    private static double timed(Step step) throws Exception {
        long began = System.nanoTime();
        step.run();
        return (System.nanoTime() - began) / 1e6;
    }

    /** Between records that were made after a moment, in milliseconds of their own time stamps. */
    private static double longestGap(Millrace millrace, String topic, int skipped, long fromMs) {
        Map<String, Object> settings = ClientSettings.of(millrace.bootstrap(), Map.of("isolation.level", "read_committed", "enable.auto.commit", "false"));
        TopicPartition partition = new TopicPartition(topic, 0);
        long longest = 0;
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            long last = -1;
            long count = 0;
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    if (last >= 0 && count++ >= skipped && (fromMs == Long.MAX_VALUE || record.timestamp() >= fromMs)) {
                        longest = Math.max(longest, record.timestamp() - last);
                    }
                    last = record.timestamp();
                }
            }
        }
        return longest;
    }

    private static String told(List<Double> times) {
        List<Double> sorted = times.stream().sorted().toList();
        return "median %.0f ms, p99 %.0f ms, most %.0f ms (n=%d)".formatted(sorted.get(sorted.size() / 2),
                sorted.get(Math.min(sorted.size() - 1, (int) Math.ceil(0.99 * sorted.size()) - 1)), sorted.getLast(), sorted.size());
    }
}
