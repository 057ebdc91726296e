package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.postgres.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Updates of plugins under running connectors: nothing is lost or doubled, a bad release never takes over for long, and a kill leaves old or new. */
class PluginUpdateIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir(cleanup = CleanupMode.NEVER)
    private static Path folder;
    private final Path data = folder.resolve("data" + System.nanoTime());

    private static Result cli(Path data, String... command) throws Exception {
        List<String> line = new ArrayList<>(List.of("plugin"));
        line.addAll(List.of(command));
        line.addAll(List.of("--data", data.toString()));
        return Millrace.command(LIMIT, line.toArray(String[]::new));
    }

    private static void assertSucceeds(Result result) {
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static Path sample(String release) {
        return PluginFile.sample(release).writeTo(folder.resolve("sample-" + release + ".jar"));
    }

    @Test
    void anUpdatePicksUpWhereTheOldReleaseStoppedAndBadReleasesRollBackByThemselves() throws Exception {
        try (Millrace millrace = Millrace.start(data)) {
            assertSucceeds(cli(data, "install", sample("1.0.0").toString()));
            millrace.await("the connect runtime", LIMIT, () -> millrace.answers("/connectors"));
            Steady.create(millrace, "counted");
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "counted")) {
                millrace.await("numbers", LIMIT, () -> tail.size() > 50);
                assertSucceeds(cli(data, "update", "sample", sample("2.0.0").toString()));
                millrace.await("numbers of the new release", LIMIT, () -> tail.last().startsWith("2.0.0 "));

                for (String flaw : List.of("validate", "start", "task.start", "poll")) {
                    Path bad = PluginFile.flawed("3.0.0", flaw).writeTo(folder.resolve("sample-3.0.0.jar"));
                    Result refused = cli(data, "update", "sample", bad.toString());
                    assertThat(refused.exitCode()).as(flaw + "\n" + refused.output()).isNotZero();
                    assertThat(refused.output())
                            .contains("release 3.0.0 is bad at " + flaw).contains("counted").contains("rolled back");
                    int before = tail.size();
                    millrace.await("the old release to count on", LIMIT, () -> tail.size() > before + 20);
                    assertThat(tail.last()).startsWith("2.0.0 ");
                }
                assertThat(millrace.get("/plugins/sample/history").findValuesAsText("kind"))
                        .containsExactly("REFUSED", "REFUSED", "REFUSED", "REFUSED", "UPDATED", "INSTALLED");

                assertSucceeds(cli(data, "rollback", "sample"));
                millrace.await("numbers of the first release again", LIMIT, () -> tail.last().startsWith("1.0.0 "));
                assertCounted(tail.lines());
                Result leaks = cli(data, "leaks");
                assertThat(leaks.output()).contains("0 of 6 class loaders");
            }
        }
    }

    private static void assertCounted(List<TopicTail.Line> lines) {
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).value()).as("line " + i).endsWith(" " + i);
        }
    }

    @Test
    void connectFileAndTheJdbcSinkAreUpdatedUnderLoad() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("postgres"));
                Connection database = DriverManager.getConnection(postgres.url(), "postgres", ""); Millrace millrace = Millrace.start(data)) {
            execute(database, "CREATE TABLE counted (id bigint PRIMARY KEY, release text)");
            Path file = Path.of("target", "plugins", "connect-file.jar").toAbsolutePath();
            assertSucceeds(cli(data, "install", Files.copy(file, folder.resolve("connect-file-4.3.1.jar")).toString()));
            assertSucceeds(cli(data, "install", sample("1.0.0").toString()));
            millrace.await("the connect runtime", LIMIT, () -> millrace.answers("/connectors"));
            Path input = Files.createFile(folder.resolve("in.txt"));
            Path output = folder.resolve("out.txt");
            connectors(millrace, postgres, input, output);

            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger written = new AtomicInteger();
            Thread writer = Thread.ofPlatform().start(() -> write(input, done, written));
            millrace.await("lines and rows", LIMIT, () -> lines(output) > 20 && rows(database) > 50);
            for (int round = 2; round < 5; round++) {
                assertSucceeds(cli(data, "update", "connect-file", Files.copy(file, folder.resolve("connect-file-4.3." + round + ".jar")).toString()));
                assertSucceeds(cli(data, "update", "jdbc", PluginFile.versioned(shipped("millrace-jdbc"), "9.0." + round,
                        folder.resolve("jdbc-" + round + ".jar")).toString()));
                long lines = lines(output);
                long rows = rows(database);
                millrace.await("more lines and rows", LIMIT, () -> lines(output) > lines + 20 && rows(database) > rows + 50);
            }
            done.set(true);
            writer.join();
            millrace.await("all lines", LIMIT, () -> lines(output) >= written.get());
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < written.get(); i++) {
                expected.add("line " + i);
            }
            assertThat(Files.readAllLines(output)).isEqualTo(expected);
            // Inserts, not upserts: a row that came twice would have failed the task.
            assertThat(scalar(database, "SELECT count(*) = max(id) + 1 FROM counted")).isEqualTo("t");
            for (JsonNode connector : millrace.get("/connectors?expand=status")) {
                assertThat(connector.toString()).doesNotContain("FAILED");
            }
        }
    }

    private static Path shipped(String prefix) throws Exception {
        try (var files = Files.list(Millrace.home().resolve("plugins"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        }
    }

    private static void connectors(Millrace millrace, EmbeddedPostgres postgres, Path input, Path output) throws Exception {
        String strings = "\"key.converter\": \"org.apache.kafka.connect.storage.StringConverter\","
                + "\"value.converter\": \"org.apache.kafka.connect.storage.StringConverter\"";
        String objects = "\"value.converter\": \"org.apache.kafka.connect.json.JsonConverter\", \"value.converter.schemas.enable\": \"false\"";
        millrace.send("POST", "/connectors", """
                {"name": "lines-in", "config": {"connector.class": "FileStreamSource", "file": "%s", "topic": "lines", %s}}""".formatted(input, strings));
        millrace.send("POST", "/connectors", """
                {"name": "lines-out", "config": {"connector.class": "FileStreamSink", "file": "%s", "topics": "lines", %s}}""".formatted(output, strings));
        millrace.send("POST", "/connectors", """
                {"name": "numbers", "config": {"connector.class": "CountingSource", "topic": "counted", "shape": "object", %s}}""".formatted(objects));
        millrace.send("POST", "/connectors", """
                {"name": "rows", "config": {"connector.class": "io.millrace.jdbc.JdbcSinkConnector", "topics": "counted", "connection.url": "%s",
                 "insert.mode": "insert", "table.name.format": "counted", "connection.user": "postgres", %s}}""".formatted(postgres.url(), objects));
    }

    private static void write(Path input, AtomicBoolean done, AtomicInteger written) {
        try {
            while (!done.get()) {
                Files.writeString(input, "line " + written.getAndIncrement() + "\n", StandardOpenOption.APPEND);
                Pause.aMoment();
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long rows(Connection database) {
        return Long.parseLong(scalar(database, "SELECT count(*) FROM counted"));
    }

    private static String scalar(Connection database, String sql) {
        try (Statement statement = database.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void execute(Connection database, String sql) throws java.sql.SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute(sql);
        }
    }

    /** {@code -Dmillrace.kill.rounds=} sets how often. */
    @Test
    void aKillAtAnyMomentOfAnUpdateLeavesTheOldOrTheNewRelease() throws Exception {
        int rounds = Integer.getInteger("millrace.kill.rounds", 4);
        long seed = Long.getLong("millrace.kill.seed", System.nanoTime());
        System.out.println("kill -9 during updates: " + rounds + " rounds, seed " + seed);
        Random random = new Random(seed);
        int[] outcomes = new int[2];
        String running = "1.0.0";
        Millrace millrace = Millrace.start(data);
        try {
            assertSucceeds(cli(data, "install", sample("1.0.0").toString()));
            Millrace first = millrace;
            first.await("the connect runtime", LIMIT, () -> first.answers("/connectors"));
            Steady.create(first, "counted");
            for (int round = 0; round < rounds; round++) {
                String next = (round + 2) + ".0.0";
                Path file = sample(next);
                Millrace now = millrace;
                awaitRunning(now, running, "counted");
                long delay = random.nextLong(1, 2_000_000_000L);
                Thread update = Thread.ofPlatform().start(() -> {
                    try {
                        now.sendFile("PUT", "/plugins/sample?filename=" + file.getFileName(), file);
                    } catch (Exception e) {
                        // The process dies in the middle of it.
                    }
                });
                long end = System.nanoTime() + delay;
                while (System.nanoTime() < end && update.isAlive()) {
                    Thread.onSpinWait();
                }
                now.kill();
                update.join();
                millrace = Millrace.start(data);
                String after = millrace.awaitPlugin("sample");
                assertThat(after).as("after a kill %d ms into the update to %s, seed %d", delay / 1_000_000, next, seed).isIn(running, next);
                outcomes[after.equals(next) ? 1 : 0]++;
                running = after;
            }
            awaitRunning(millrace, running, "counted");
            try (TopicTail tail = new TopicTail(millrace.bootstrap(), "counted")) {
                Millrace last = millrace;
                last.await("all numbers", LIMIT, () -> tail.size() > 100);
                assertCounted(List.copyOf(tail.lines()));
            }
            System.out.println("after the kills ran the old release " + outcomes[0] + " times and the new one " + outcomes[1] + " times");
        } finally {
            millrace.close();
        }
    }

    private static void awaitRunning(Millrace millrace, String release, String topic) throws Exception {
        try (TopicTail tail = new TopicTail(millrace.bootstrap(), topic)) {
            millrace.await("numbers of release " + release, LIMIT, () -> tail.last().startsWith(release + " "));
        }
    }
}
