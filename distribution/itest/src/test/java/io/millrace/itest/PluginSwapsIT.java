package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.postgres.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Swaps the CDC source, the JDBC sink and a foreign plugin again and again while rows go through them: no class loader may stay, the heap must
 * not grow, nothing may be lost or doubled. {@code -Dmillrace.swap.rounds=} sets how often each is swapped.
 */
class PluginSwapsIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int WARM_UP = 2;
    private static final long MOST_GROWTH = 24L << 20;

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;

    @Test
    void noSwapLeavesAnythingBehind() throws Exception {
        int rounds = Integer.getInteger("millrace.swap.rounds", 3);
        Path data = folder.resolve("data");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("postgres"));
                Connection database = DriverManager.getConnection(postgres.url(), "postgres", "");
                Millrace millrace = Millrace.start(data, "--set", "connect.update.watch.ms=200")) {
            tables(database);
            Path[] files = {foreign("4.3.2"), foreign("4.3.3")};
            millrace.sendFile("POST", "/plugins?filename=connect-file-4.3.2.jar", files[0]);
            millrace.await("the connect runtime", LIMIT, () -> millrace.answers("/connectors"));
            millrace.awaitPlugin("cdc");
            millrace.awaitPlugin("jdbc");
            Path input = Files.createFile(folder.resolve("swaps-in.txt"));
            connectors(millrace, postgres, input);
            AtomicBoolean done = new AtomicBoolean();
            AtomicLong inserted = new AtomicLong();
            AtomicInteger written = new AtomicInteger();
            Thread load = Thread.ofPlatform().start(() -> load(postgres, input, done, inserted, written));
            millrace.await("rows at the other end", LIMIT, () -> number(database, "SELECT count(*) FROM copied") > 20);

            Path[] jdbc = {versioned("millrace-jdbc", "9.0.1"), versioned("millrace-jdbc", "9.0.2")};
            Path[] cdc = {versioned("millrace-cdc", "9.0.1"), versioned("millrace-cdc", "9.0.2")};
            long heapBefore = 0;
            for (int round = 0; round < rounds + WARM_UP; round++) {
                if (round == WARM_UP) {
                    heapBefore = collected(millrace).path("heap_used_bytes").asLong();
                }
                int next = (round + 1) % 2;
                millrace.sendFile("PUT", "/plugins/jdbc?filename=jdbc.jar", jdbc[next]);
                millrace.sendFile("PUT", "/plugins/cdc?filename=cdc.jar", cdc[next]);
                millrace.sendFile("PUT", "/plugins/connect-file?filename=" + files[next].getFileName(), files[next]);
                if (round % 25 == 0) {
                    long rows = number(database, "SELECT count(*) FROM copied");
                    millrace.await("more rows after swap " + round, LIMIT, () -> number(database, "SELECT count(*) FROM copied") > rows + 5);
                    System.out.println("round " + round + ": " + brief(collected(millrace)) + ", threads " + threads(millrace));
                }
            }
            done.set(true);
            load.join();
            millrace.await("all rows", LIMIT, () -> number(database, "SELECT count(*) FROM copied") >= inserted.get());
            // The copy has no primary key: a row that came twice would be there twice.
            assertThat(number(database, "SELECT count(*) FROM copied")).isEqualTo(inserted.get());
            assertThat(number(database, "SELECT count(DISTINCT id) FROM copied")).isEqualTo(inserted.get());
            Path output = folder.resolve("swaps-out.txt");
            millrace.await("all lines", LIMIT, () -> lines(output).size() >= written.get());
            assertThat(lines(output)).isEqualTo(IntStream.range(0, written.get()).mapToObj(i -> "line " + i).toList());
            assertThat(millrace.get("/connectors?expand=status").toString()).doesNotContain("FAILED");
            JsonNode end = collected(millrace);
            System.out.println("after " + 3 * (rounds + WARM_UP) + " swaps: " + brief(end) + ", threads " + threads(millrace) + ", heap before "
                    + (heapBefore >> 20) + " MB, rows " + inserted.get());
            assertThat(end.path("unreclaimed").toString()).isEqualTo("[]");
            assertThat(end.path("heap_used_bytes").asLong() - heapBefore).as("growth of the heap").isLessThan(MOST_GROWTH);
        }
    }

    private static String brief(JsonNode leaks) {
        return leaks.path("retired").asInt() + " retired, " + leaks.path("unreclaimed").size() + " still in memory, " + leaks.path("swept").asInt()
                + " things swept, heap " + (leaks.path("heap_used_bytes").asLong() >> 20) + " MB";
    }

    private static JsonNode collected(Millrace millrace) throws IOException, InterruptedException {
        millrace.send("POST", "/plugins/leaks", "");
        return millrace.send("POST", "/plugins/leaks", "");
    }

    private static String threads(Millrace millrace) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + millrace.pid() + "/status")).stream().filter(line -> line.startsWith("Threads:")).findFirst()
                .map(line -> line.substring(8).strip()).orElse("?");
    }

    private static Path foreign(String version) throws IOException {
        return Files.copy(Path.of("target", "plugins", "connect-file.jar"), folder.resolve("connect-file-" + version + ".jar"));
    }

    private static Path versioned(String name, String version) throws IOException {
        try (var files = Files.list(Millrace.home().resolve("plugins"))) {
            Path bundle = files.filter(file -> file.getFileName().toString().startsWith(name)).findFirst().orElseThrow();
            return PluginFile.versioned(bundle, version, folder.resolve(name + "-" + version + ".jar"));
        }
    }

    private static void tables(Connection database) throws SQLException {
        try (Statement statement = database.createStatement()) {
            statement.execute("CREATE TABLE source (id bigserial PRIMARY KEY, text text)");
            statement.execute("CREATE TABLE copied (id bigint, text text)");
        }
    }

    private static void connectors(Millrace millrace, EmbeddedPostgres postgres, Path input) throws Exception {
        String strings = "\"key.converter\": \"org.apache.kafka.connect.storage.StringConverter\","
                + "\"value.converter\": \"org.apache.kafka.connect.storage.StringConverter\"";
        millrace.send("POST", "/connectors", """
                {"name": "lines", "config": {"connector.class": "FileStreamSource", "file": "%s", "topic": "lines", %s}}""".formatted(input, strings));
        millrace.send("POST", "/connectors", """
                {"name": "lines-out", "config": {"connector.class": "FileStreamSink", "file": "%s", "topics": "lines", %s}}"""
                .formatted(folder.resolve("swaps-out.txt"), strings));
        millrace.send("POST", "/connectors", """
                {"name": "capture", "config": {"connector.class": "io.millrace.cdc.CdcSourceConnector", "topic.prefix": "db", "tables": "public.source",
                 "database.url": "postgresql://postgres@127.0.0.1:%d/postgres"}}""".formatted(postgres.port()));
        millrace.send("POST", "/connectors", """
                {"name": "copy", "config": {"connector.class": "io.millrace.jdbc.JdbcSinkConnector", "topics": "db.public.source", "connection.url": "%s",
                 "connection.user": "postgres", "insert.mode": "insert", "table.name.format": "copied", "transforms": "row",
                 "transforms.row.type": "org.apache.kafka.connect.transforms.ExtractField$Value", "transforms.row.field": "after"}}"""
                .formatted(postgres.url()));
    }

    private static void load(EmbeddedPostgres postgres, Path input, AtomicBoolean done, AtomicLong inserted, AtomicInteger written) {
        try (Connection database = DriverManager.getConnection(postgres.url(), "postgres", ""); Statement statement = database.createStatement()) {
            while (!done.get()) {
                inserted.addAndGet(statement.executeUpdate("INSERT INTO source (text) SELECT 'row ' || n FROM generate_series(1, 5) n"));
                Files.writeString(input, "line " + written.getAndIncrement() + "\n", java.nio.file.StandardOpenOption.APPEND);
                Pause.aMoment();
            }
        } catch (SQLException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long number(Connection database, String sql) {
        try (Statement statement = database.createStatement(); ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
