package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long plugins take to be installed, updated, rolled back and removed, and a connector to be configured anew; what the outputs of the swapped connector and of others show of it: theirs beside
 * what they show in as much time without a change. Prints its measurements; {@code -Dmillrace.times.rounds=50} takes as many.
 */
class PluginTimesIT {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int OTHERS = 3;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;

    private final List<Double> installs = new ArrayList<>();
    private final List<Double> updates = new ArrayList<>();
    private final List<Double> rollbacks = new ArrayList<>();
    private final List<Double> removals = new ArrayList<>();
    private final List<Double> configurations = new ArrayList<>();
    private final List<Double> swappedGaps = new ArrayList<>();
    private final List<Double> othersGaps = new ArrayList<>();
    private final List<Double> quietGaps = new ArrayList<>();
    private final List<Double> othersLongest = new ArrayList<>();
    private final List<Double> quietLongest = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();

    private record Change(long began, long ended) {}

    @Test
    void anUpdateInterruptsTheSwappedConnectorBrieflyAndOthersNot() throws Exception {
        int rounds = Integer.getInteger("millrace.times.rounds", 3);
        Path[] files = {PluginFile.sample("2.0.0").writeTo(folder.resolve("swapped-2.0.0.jar")),
            PluginFile.sample("3.0.0").writeTo(folder.resolve("swapped-3.0.0.jar"))};
        try (Millrace millrace = Millrace.start(folder.resolve("data"), "--set", "connect.update.watch.ms=200")) {
            install(millrace, "steady", PluginFile.sample("1.0.0").writeTo(folder.resolve("steady-1.0.0.jar")));
            for (int i = 0; i < OTHERS; i++) {
                Steady.create(millrace, "steady" + i);
            }
            install(millrace, "swapped", files[0]);
            millrace.send("PUT", "/connectors/swapped/config", config(0));
            List<TopicTail> others = new ArrayList<>();
            try (TopicTail swapped = new TopicTail(millrace.bootstrap(), "swapped")) {
                for (int i = 0; i < OTHERS; i++) {
                    others.add(new TopicTail(millrace.bootstrap(), "steady" + i));
                }
                millrace.await("numbers", LIMIT, () -> swapped.size() > 50 && others.stream().allMatch(other -> other.size() > 50));
                // What is loaded and compiled once is no part of it.
                changes(millrace, files, swapped);
                List.of(installs, updates, rollbacks, removals, configurations, swappedGaps).forEach(List::clear);
                for (int round = 0; round < rounds; round++) {
                    changes.clear();
                    long began = System.nanoTime();
                    changes(millrace, files, swapped);
                    long changed = System.nanoTime();
                    long quiet = changed + (changed - began);
                    millrace.await("as much time without a change", LIMIT, () -> others.stream().allMatch(other -> other.lastNanos() > quiet));
                    for (TopicTail other : others) {
                        othersGaps.addAll(other.gaps(began, changed));
                        quietGaps.addAll(other.gaps(changed, quiet));
                        long later = changed - began;
                        for (Change change : changes) {
                            othersLongest.add(longest(other.gaps(change.began(), change.ended())));
                            quietLongest.add(longest(other.gaps(change.began() + later, change.ended() + later)));
                        }
                    }
                }
                report();
                others.forEach(PluginTimesIT::assertCounts);
                // One that waited for a change to end would do so at every change; what a busy machine does, it does without one too.
                assertThat(median(othersLongest)).as("median of the longest gaps at a change").isLessThan(100 + 2 * median(quietLongest));
                assertThat(median(swappedGaps)).as("median gap of the swapped connector").isLessThan(2_500);
            } finally {
                for (TopicTail other : others) {
                    other.close();
                }
            }
        }
    }

    /** By its version, for the other connectors' plugin has classes of the same names. */
    private static String config(int padding) {
        return """
                {"connector.class": "io.millrace.itest.sample.CountingSource", "topic": "swapped", "padding": "%d", "connector.plugin.version": "[2.0,4.0)",
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}""".formatted(padding);
    }

    private static void install(Millrace millrace, String name, Path file) throws Exception {
        millrace.sendFile("POST", "/plugins?filename=" + name + "-1.0.0.jar", file);
    }

    private void changes(Millrace millrace, Path[] files, TopicTail swapped) throws Exception {
        installs.add(timed(() -> install(millrace, "extra", files[0])));
        for (List<Double> times : List.of(updates, rollbacks)) {
            long from = System.nanoTime();
            times.add(timed(() -> {
                if (times == updates) {
                    millrace.sendFile("PUT", "/plugins/swapped?filename=" + files[1].getFileName(), files[1]);
                } else {
                    millrace.send("POST", "/plugins/swapped/rollback", "");
                }
            }));
            swappedGaps.add(longest(swapped.gaps(from, System.nanoTime())));
        }
        int padding = swapped.last().endsWith(" ") ? 0 : 1;
        configurations.add(timed(() -> {
            millrace.send("PUT", "/connectors/swapped/config", config(padding));
            millrace.await("numbers of the new configuration", LIMIT, () -> swapped.last().endsWith(" ") == (padding > 0));
        }));
        removals.add(timed(() -> millrace.send("DELETE", "/plugins/extra", null)));
    }

    private interface Step {
        void run() throws Exception;
    }

    private double timed(Step step) throws Exception {
        long began = System.nanoTime();
        step.run();
        long ended = System.nanoTime();
        changes.add(new Change(began, ended));
        return (ended - began) / 1e6;
    }

    private static void assertCounts(TopicTail other) {
        List<TopicTail.Line> lines = List.copyOf(other.lines());
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).value()).isEqualTo("1.0.0 " + i);
        }
    }

    private void report() {
        System.out.printf("install  %s%nupdate   %s (of which 200 ms are the watch over the new version)%nrollback %s%nremove   %s%nanother configuration %s%n",
                told(installs), told(updates), told(rollbacks), told(removals), told(configurations));
        System.out.printf("gap in the swapped connector's output %s%n", told(swappedGaps));
        System.out.printf("gaps in the others' output meanwhile %s%n", told(othersGaps));
        System.out.printf("gaps in the others' output without   %s%n", told(quietGaps));
        System.out.printf("longest gap in another's output at each change %s%n", told(othersLongest));
        System.out.printf("longest gap in as much time without one        %s%n", told(quietLongest));
    }

    private static double median(List<Double> times) {
        return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
    }

    private static double longest(List<Double> times) {
        return times.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    }

    private static String told(List<Double> times) {
        List<Double> sorted = times.stream().sorted().toList();
        return "median %.0f ms, p99 %.0f ms, p99.9 %.0f ms, most %.0f ms (n=%d)".formatted(median(times), quantile(sorted, 0.99), quantile(sorted, 0.999),
                sorted.getLast(), sorted.size());
    }

    private static double quantile(List<Double> sorted, double quantile) {
        return sorted.get(Math.min(sorted.size() - 1, (int) Math.ceil(quantile * sorted.size()) - 1));
    }
}
