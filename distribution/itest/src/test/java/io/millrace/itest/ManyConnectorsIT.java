package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many connectors with two tasks each that have nothing to do, every other one a sink: what they cost, and how soon they run again after a stop and after
 * {@code kill -9}. Prints its measurements; {@code -Dmillrace.many.connectors=500} takes as many.
 */
class ManyConnectorsIT {

    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int TASKS = 2;

    @TempDir
    private Path folder;

    /** @param cpuNanos processor time since the start */
    private record Cost(long nanos, long cpuNanos, long residentBytes, long heapBytes, int threads) {

        static Cost of(Millrace millrace) throws Exception {
            millrace.send("POST", "/plugins/leaks", "");
            long heap = millrace.send("POST", "/plugins/leaks", "").path("heap_used_bytes").asLong();
            return new Cost(System.nanoTime(), cpuNanos(millrace), 1024 * status(millrace, "VmRSS:"), heap, (int) status(millrace, "Threads:"));
        }

        /** A line of {@code /proc/PID/status}. */
        private static long status(Millrace millrace, String name) throws IOException {
            return Files.readAllLines(Path.of("/proc/" + millrace.pid() + "/status")).stream().filter(line -> line.startsWith(name)).findFirst()
                    .map(line -> Long.parseLong(line.substring(name.length()).strip().split(" ")[0])).orElseThrow();
        }

        private static long cpuNanos(Millrace millrace) {
            return ProcessHandle.of(millrace.pid()).flatMap(process -> process.info().totalCpuDuration()).orElseThrow().toNanos();
        }
    }

    @Test
    void allRunAgainAfterAStopAndAfterAKillAndIdleOnesCostLittle() throws Exception {
        int connectors = Integer.getInteger("millrace.many.connectors", 20);
        int tasks = TASKS * connectors;
        long windowMs = connectors >= 100 ? 30_000 : 2_000;
        Path data = folder.resolve("data");
        DiaryConnectors diaries = new DiaryConnectors(folder);
        System.out.printf("%d connectors with %d tasks each, every other one a sink%n", connectors, TASKS);
        try (Millrace millrace = Millrace.start(data)) {
            diaries.install(data, "diary");
            try (Admin admin = Admin.create(ClientSettings.of(millrace.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic("idle", TASKS, (short) 1))).all().get();
            }
            double before = load(millrace, windowMs);
            Cost empty = Cost.of(millrace);
            long began = System.nanoTime();
            for (int i = 0; i < connectors; i++) {
                String two = "\"tasks.max\": \"" + TASKS + "\",";
                if (i % 2 == 0) {
                    diaries.source(millrace, "idle-source-" + i, two + " \"pause.ms\": \"3600000\",");
                } else {
                    diaries.sink(millrace, "idle-sink-" + i, "idle", two);
                }
            }
            awaitRunning(millrace, connectors);
            System.out.printf("made over REST, one after the other, and running after %d ms%n", msSince(began));
            load(millrace, windowMs);
            double after = load(millrace, windowMs);
            Cost full = Cost.of(millrace);
            System.out.printf("resident %d MB, %d KB per task; heap %d MB, %d KB per task; threads %d, %.1f per task; idle they take %.1f %% of a processor,"
                            + " %.0f us a second per task (without connectors %.1f %%)%n", full.residentBytes() >> 20,
                    (full.residentBytes() - empty.residentBytes()) / tasks >> 10, full.heapBytes() >> 20, (full.heapBytes() - empty.heapBytes()) / tasks >> 10,
                    full.threads(), (full.threads() - empty.threads()) / (double) tasks, 100 * after, 1e6 * (after - before) / tasks, 100 * before);
            began = System.nanoTime();
            assertThat(millrace.terminate(Duration.ofSeconds(30))).isZero();
            System.out.printf("stopped in %d ms%n", msSince(began));
        }
        startedAgain(data, connectors, "a stop");
        startedAgain(data, connectors, "kill -9");
    }

    /** And killed. */
    private static void startedAgain(Path data, int connectors, String what) throws Exception {
        long began = System.nanoTime();
        try (Millrace millrace = Millrace.fork(data, "start")) {
            millrace.await("REST", LIMIT, () -> millrace.answers("/connectors"));
            long answers = msSince(began);
            awaitRunning(millrace, connectors);
            System.out.printf("started after %s: REST of connectors answers after %d ms, all tasks run after %d ms, at %.1f s of processor time%n", what, answers,
                    msSince(began), Cost.cpuNanos(millrace) / 1e9);
            millrace.kill();
        }
    }

    private static void awaitRunning(Millrace millrace, int connectors) {
        millrace.await("all connectors and tasks to run", LIMIT, () -> {
            try {
                JsonNode all = millrace.get("/connectors?expand=status");
                return all.size() == connectors && all.valueStream().allMatch(one -> one.at("/status/connector/state").asText().equals("RUNNING")
                        && one.at("/status/tasks").size() == TASKS
                        && one.at("/status/tasks").valueStream().allMatch(task -> task.path("state").asText().equals("RUNNING")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** Of a processor, over a while. */
    private static double load(Millrace millrace, long ms) {
        long began = System.nanoTime();
        long cpu = Cost.cpuNanos(millrace);
        millrace.await("the time to pass", LIMIT, () -> msSince(began) >= ms);
        return (Cost.cpuNanos(millrace) - cpu) / (double) (System.nanoTime() - began);
    }

    private static long msSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
