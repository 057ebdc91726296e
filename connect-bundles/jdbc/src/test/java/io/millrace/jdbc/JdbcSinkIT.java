package io.millrace.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.postgres.EmbeddedPostgres;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The sink against a real PostgreSQL. */
class JdbcSinkIT {

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    private static Path folder;
    private static EmbeddedPostgres postgres;

    private final List<SinkRecord> reported = new ArrayList<>();
    private boolean tolerant;
    private long offset;

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.start(folder.resolve("postgres"));
    }

    @AfterAll
    static void stop() {
        postgres.stop();
    }

    @BeforeEach
    void table() throws SQLException {
        execute("DROP TABLE IF EXISTS stats, made");
        execute("CREATE TABLE stats (customer_id bigint, window_start timestamptz, name text, orders integer, ratio real, price numeric, tags text[], "
                + "doc jsonb, ok boolean, day date, PRIMARY KEY (customer_id, window_start))");
    }

    @Test
    void mapsAreUpsertedByKeyAndTheLastOfABatchWins() throws SQLException {
        JdbcSinkTask task = task(Map.of("insert.mode", "upsert", "pk.mode", "record_key", "pk.fields", "customer_id,window_start"));
        task.put(List.of(
                map(key(1, "2026-11-21T03:00:00Z"), Map.of("orders", 1L, "name", "Ada")),
                map(key(2, "2026-11-21T03:00:00Z"), Map.of("orders", 5L, "name", "Ken")),
                map(key(1, "2026-11-21T03:00:00Z"), Map.of("orders", 2L, "name", "Ada L"))));
        task.put(List.of(map(key(2, "2026-11-21T03:00:00Z"), Map.of("orders", 6L, "name", "Ken"))));
        assertThat(rows("SELECT customer_id, orders, name FROM stats ORDER BY 1")).containsExactly("1|2|Ada L", "2|6|Ken");
        assertThat(rows("SELECT count(*) FROM stats WHERE window_start = '2026-11-21 03:00:00+00'")).containsExactly("2");
        task.stop();
    }

    @Test
    void valuesFitTheColumnsTypes() throws SQLException {
        JdbcSinkTask task = task(Map.of("pk.mode", "record_value", "pk.fields", "customer_id,window_start", "insert.mode", "upsert"));
        Map<String, Object> value = new HashMap<>(Map.of("customer_id", "7", "window_start", 1_000_000L, "orders", 3.0, "ratio", 1.5, "price", "12.34",
                "tags", List.of("a", "b\"c"), "doc", Map.of("x", List.of(1, 2)), "ok", "true", "day", 20_000));
        value.put("name", null);
        task.put(List.of(new SinkRecord("stats", 0, null, null, null, value, offset++)));
        assertThat(rows("SELECT customer_id, extract(epoch FROM window_start)::int, orders, ratio, price, tags[2], doc->'x'->1, ok, day, name FROM stats"))
                .containsExactly("7|1000|3|1.5|12.34|b\"c|2|t|2024-10-04|null");
        task.stop();
    }

    @Test
    void structsWithLogicalTypesMakeTheirTable() throws SQLException {
        Schema schema = SchemaBuilder.struct().field("id", Schema.INT64_SCHEMA).field("at", Timestamp.SCHEMA)
                .field("note", Schema.OPTIONAL_STRING_SCHEMA).build();
        JdbcSinkTask task = task(Map.of("table.name.format", "made", "auto.create", "true", "auto.evolve", "true", "pk.mode", "record_value",
                "pk.fields", "id", "insert.mode", "upsert"));
        task.put(List.of(new SinkRecord("t", 0, null, null, schema,
                new Struct(schema).put("id", 1L).put("at", new java.util.Date(5_000)).put("note", "n"), offset++)));
        Schema wider = SchemaBuilder.struct().field("id", Schema.INT64_SCHEMA).field("more", Schema.FLOAT64_SCHEMA).build();
        task.put(List.of(new SinkRecord("t", 0, null, null, wider, new Struct(wider).put("id", 2L).put("more", 0.5), offset++)));
        assertThat(rows("SELECT id, extract(epoch FROM at)::int, note, more FROM made ORDER BY id")).containsExactly("1|5|n|null", "2|null|null|0.5");
        task.stop();
    }

    @Test
    void tombstonesDeleteTheirRows() throws SQLException {
        JdbcSinkTask task = task(Map.of("insert.mode", "upsert", "pk.mode", "record_key", "delete.enabled", "true"));
        task.put(List.of(map(key(1, "2026-11-21T03:00:00Z"), Map.of("orders", 1)), map(key(2, "2026-11-21T03:00:00Z"), Map.of("orders", 2))));
        task.put(List.of(new SinkRecord("stats", 0, null, key(1, "2026-11-21T03:00:00Z"), null, null, offset++)));
        assertThat(rows("SELECT customer_id FROM stats")).containsExactly("2");
        task.stop();
    }

    @Test
    void aRecordThatDoesNotFitIsReportedAndTheOthersAreWritten() throws SQLException {
        tolerant = true;
        JdbcSinkTask task = task(Map.of("insert.mode", "upsert", "pk.mode", "record_key"));
        List<SinkRecord> batch = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            batch.add(map(key(i, "2026-11-21T03:00:00Z"), Map.of("orders", i == 13 ? "thirteen" : i)));
        }
        task.put(batch);
        assertThat(rows("SELECT count(*) FROM stats")).containsExactly("19");
        assertThat(reported).singleElement().satisfies(record -> assertThat(record.kafkaOffset()).isEqualTo(13));
        task.stop();
    }

    @Test
    void withoutToleranceTheRecordTheColumnAndTheValueAreNamed() {
        JdbcSinkTask task = task(Map.of("insert.mode", "upsert", "pk.mode", "record_key"));
        assertThatThrownBy(() -> task.put(List.of(map(key(1, "2026-11-21T03:00:00Z"), Map.of("orders", "many")))))
                .isInstanceOf(DataException.class).hasMessageContaining("stats-0 offset 0").hasMessageContaining("orders").hasMessageContaining("many");
        assertThatThrownBy(() -> task.put(List.of(map(key(1, "2026-11-21T03:00:00Z"), Map.of("nothere", 1)))))
                .isInstanceOf(DataException.class).hasMessageContaining("nothere");
        task.stop();
    }

    @Test
    void aMissingTableIsNamedWithTheMend() {
        JdbcSinkTask task = task(Map.of("table.name.format", "absent"));
        assertThatThrownBy(() -> task.put(List.of(map(null, Map.of("orders", 1))))).isInstanceOf(ConnectException.class)
                .hasMessageContaining("absent").hasMessageContaining("auto.create");
        task.stop();
    }

    @Test
    void theDatabaseIsCheckedBeforeAnythingStarts() {
        Map<String, String> properties = properties(Map.of("connection.url", "jdbc:postgresql://127.0.0.1:1/postgres"));
        assertThat(new JdbcSinkConnector().validate(properties).configValues()).filteredOn(value -> value.name().equals("connection.url"))
                .singleElement().satisfies(value -> assertThat(value.errorMessages().toString()).contains("127.0.0.1:1"));
        assertThat(new JdbcSinkConnector().validate(properties(Map.of())).configValues()).allSatisfy(value -> assertThat(value.errorMessages()).isEmpty());
    }

    private static Map<String, Object> key(long customer, String window) {
        return Map.of("customer_id", customer, "window_start", window);
    }

    private SinkRecord map(Object key, Map<String, Object> value) {
        return new SinkRecord("stats", 0, null, key, null, value, offset++);
    }

    private static Map<String, String> properties(Map<String, String> more) {
        Map<String, String> properties = new HashMap<>(Map.of("connection.url", postgres.url(), "connection.user", "postgres"));
        properties.putAll(more);
        return properties;
    }

    private JdbcSinkTask task(Map<String, String> more) {
        JdbcSinkTask task = new JdbcSinkTask();
        ErrantRecordReporter reporter = (record, error) -> {
            reported.add(record);
            return CompletableFuture.completedFuture(null);
        };
        task.initialize((SinkTaskContext) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {SinkTaskContext.class},
                (_, method, _) -> method.getName().equals("errantRecordReporter") && tolerant ? reporter : null));
        task.start(properties(more));
        return task;
    }

    /** Not through DriverManager: a task that stops takes its driver out of there. */
    private static Connection connect() throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", "postgres");
        return new org.postgresql.Driver().connect(postgres.url(), login);
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(String sql) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = connect(); Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            while (result.next()) {
                List<String> columns = new ArrayList<>();
                for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
                    columns.add(String.valueOf(result.getString(i)));
                }
                rows.add(String.join("|", columns));
            }
        }
        return rows;
    }
}
