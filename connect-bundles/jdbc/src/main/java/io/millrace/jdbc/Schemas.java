package io.millrace.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.DataException;

/** Creates tables and adds columns for records, when the options allow. */
final class Schemas {

    private Schemas() {}

    static void create(Connection connection, String name, List<String> keyColumns, Row row) throws SQLException {
        String columns = row.columns().keySet().stream().map(column -> Table.quote(column) + " " + typeOf(row, column))
                .collect(Collectors.joining(", "));
        String key = keyColumns.isEmpty() ? "" : ", PRIMARY KEY (" + keyColumns.stream().map(Table::quote).collect(Collectors.joining(", ")) + ")";
        execute(connection, "CREATE TABLE IF NOT EXISTS " + Table.quoteQualified(name) + " (" + columns + key + ")");
    }

    /** Adds columns that the rows have and the table lacks. @return whether there were any */
    static boolean evolve(Connection connection, Table table, List<Row> rows) throws SQLException {
        boolean changed = false;
        for (Row row : rows) {
            if (row.deletes()) {
                continue;
            }
            for (String column : row.columns().keySet()) {
                if (!table.columns().containsKey(column)) {
                    execute(connection, "ALTER TABLE " + table.name() + " ADD COLUMN IF NOT EXISTS " + Table.quote(column) + " " + typeOf(row, column));
                    changed = true;
                }
            }
        }
        return changed;
    }

    private static void execute(Connection connection, String statement) throws SQLException {
        try (Statement executed = connection.createStatement()) {
            executed.execute(statement);
        }
    }

    private static String typeOf(Row row, String column) {
        for (Schema schema : new Schema[] {row.record().valueSchema(), row.record().keySchema()}) {
            if (schema != null && schema.type() == Schema.Type.STRUCT && schema.field(column) != null) {
                return typeOf(schema.field(column).schema());
            }
        }
        return switch (row.columns().get(column)) {
            case Boolean _ -> "boolean";
            case Integer _, Long _, Short _, Byte _ -> "bigint";
            case Number _ -> "double precision";
            case byte[] _ -> "bytea";
            case java.util.Map<?, ?> _, List<?> _ -> "jsonb";
            case null -> throw new DataException("record " + row.coordinates() + ": the type of column " + column
                    + " is unknown, since the first value is null and there is no schema; create the column");
            default -> "text";
        };
    }

    private static String typeOf(Schema schema) {
        if (schema.name() != null) {
            switch (schema.name()) {
                case Decimal.LOGICAL_NAME:
                    return "numeric";
                case "org.apache.kafka.connect.data.Timestamp", "io.debezium.time.ZonedTimestamp", "io.debezium.time.Timestamp",
                        "io.debezium.time.MicroTimestamp", "io.debezium.time.NanoTimestamp":
                    return "timestamptz";
                case "org.apache.kafka.connect.data.Date", "io.debezium.time.Date":
                    return "date";
                case "org.apache.kafka.connect.data.Time", "io.debezium.time.Time", "io.debezium.time.MicroTime", "io.debezium.time.NanoTime":
                    return "time";
                case "io.debezium.data.Json":
                    return "jsonb";
                case "io.debezium.data.Uuid":
                    return "uuid";
                default:
                    break;
            }
        }
        return switch (schema.type()) {
            case INT8, INT16 -> "smallint";
            case INT32 -> "integer";
            case INT64 -> "bigint";
            case FLOAT32 -> "real";
            case FLOAT64 -> "double precision";
            case BOOLEAN -> "boolean";
            case STRING -> "text";
            case BYTES -> "bytea";
            case ARRAY, MAP, STRUCT -> "jsonb";
        };
    }
}
