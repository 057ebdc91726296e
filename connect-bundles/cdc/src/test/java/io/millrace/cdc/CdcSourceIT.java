package io.millrace.cdc;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.postgres.EmbeddedPostgres;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Capture of a real PostgreSQL; the test plays the Connect runtime. */
class CdcSourceIT {

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private static EmbeddedPostgres postgres;

    /** What a runtime would have committed with the records. */
    private final Map<Map<String, ?>, Map<String, ?>> offsets = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.start(folder.resolve("postgres"));
    }

    @AfterAll
    static void stop() {
        postgres.stop();
    }

    @Test
    void rowsAndTheirChangesArriveOnceAcrossRestarts() throws Exception {
        execute("CREATE TABLE orders (id bigint PRIMARY KEY, amount bigint)", "ALTER TABLE orders REPLICA IDENTITY FULL",
                "INSERT INTO orders VALUES (1, 10), (2, 20)");
        CdcSourceTask first = task();
        List<String> seen = new ArrayList<>(poll(first, 2));
        execute("UPDATE orders SET amount = 11 WHERE id = 1", "DELETE FROM orders WHERE id = 2");
        seen.addAll(poll(first, 3));
        first.stop();
        execute("INSERT INTO orders VALUES (3, 30)");
        CdcSourceTask second = task();
        execute("INSERT INTO orders VALUES (4, 40)");
        seen.addAll(poll(second, 2));
        second.stop();
        assertThat(seen).containsExactly("r null->1:10", "r null->2:20", "u 1:10->1:11", "d 2:20->null", "tombstone 2", "c null->3:30", "c null->4:40");
    }

    @Test
    void whatCannotBeCapturedIsNamedWithTheMend() {
        assertThat(messages(Map.of(CaptureConfig.TABLES, "public.absent"))).contains("public.absent");
        assertThat(messages(Map.of(CaptureConfig.URL, "postgresql://postgres@127.0.0.1:1/postgres"))).contains("127.0.0.1:1");
        assertThat(messages(Map.of(CaptureConfig.URL, "mysql://host"))).contains("postgresql://user:password@host:port/database");
    }

    private static String messages(Map<String, String> more) {
        Map<String, String> properties = properties();
        properties.putAll(more);
        StringBuilder messages = new StringBuilder();
        new CdcSourceConnector().validate(properties).configValues().forEach(value -> messages.append(value.errorMessages()));
        return messages.toString();
    }

    private static Map<String, String> properties() {
        return new HashMap<>(Map.of("name", "shop", "topic.prefix", "shop", CaptureConfig.URL,
                "postgresql://postgres:unused@127.0.0.1:" + postgres.port() + "/postgres", CaptureConfig.TABLES, "public.orders"));
    }

    private CdcSourceTask task() {
        CdcSourceConnector connector = new CdcSourceConnector();
        connector.start(properties());
        CdcSourceTask task = new CdcSourceTask();
        OffsetStorageReader reader = (OffsetStorageReader) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {OffsetStorageReader.class},
                (_, method, arguments) -> {
                    if (method.getName().equals("offset")) {
                        return offsets.get(arguments[0]);
                    }
                    Map<Object, Object> found = new HashMap<>();
                    for (Object partition : (Iterable<?>) arguments[0]) {
                        found.put(partition, offsets.get(partition));
                    }
                    return found;
                });
        Map<String, String> properties = connector.taskConfigs(1).getFirst();
        task.initialize((SourceTaskContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {SourceTaskContext.class},
                (_, method, _) -> switch (method.getName()) {
                    case "offsetStorageReader" -> reader;
                    case "configs" -> properties;
                    default -> null;
                }));
        task.start(properties);
        return task;
    }

    private List<String> poll(CdcSourceTask task, int count) throws InterruptedException {
        List<String> changes = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (changes.size() < count && System.nanoTime() < end) {
            List<SourceRecord> records = task.poll();
            if (records == null) {
                continue;
            }
            for (SourceRecord record : records) {
                if (record.topic().equals("shop.public.orders")) {
                    changes.add(change(record));
                }
                offsets.put(record.sourcePartition(), record.sourceOffset());
                task.commitRecord(record, null);
            }
            task.commit();
        }
        return changes;
    }

    private static String change(SourceRecord record) {
        if (record.value() == null) {
            return "tombstone " + ((Struct) record.key()).getInt64("id");
        }
        Struct value = (Struct) record.value();
        return value.getString("op") + " " + row(value.getStruct("before")) + "->" + row(value.getStruct("after"));
    }

    private static String row(Struct row) {
        return row == null ? "null" : row.getInt64("id") + ":" + row.getInt64("amount");
    }

    private static void execute(String... statements) throws SQLException {
        try (Connection connection = new org.postgresql.Driver().connect(postgres.url() + "?user=postgres", new java.util.Properties());
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
