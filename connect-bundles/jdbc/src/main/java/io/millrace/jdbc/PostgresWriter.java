package io.millrace.jdbc;

import io.millrace.jdbc.JdbcSinkConfig.InsertMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.connect.errors.DataException;

/**
 * Writes rows with one statement per shape: each column travels as one array that the server unnests, which costs one round trip and one parse for
 * the whole batch. Rows of one key are reduced to the last before, since a statement may touch a row only once.
 */
final class PostgresWriter {

    private final InsertMode mode;
    private final int batchSize;

    PostgresWriter(InsertMode mode, int batchSize) {
        this.mode = mode;
        this.batchSize = batchSize;
    }

    /** Columns of a statement: rows of the same shape go together. */
    private record Shape(List<String> columns, boolean deletes) {}

    /**
     * Writes the rows within the connection's transaction.
     *
     * @param keyColumns empty without a key
     * @throws DataException naming the record, the column and the value that does not fit
     */
    void write(Connection connection, Table table, List<String> keyColumns, List<Row> rows) throws SQLException {
        Map<Shape, List<Row>> shapes = new LinkedHashMap<>();
        for (Row row : keyColumns.isEmpty() || mode == InsertMode.INSERT ? rows : lastPerKey(rows)) {
            Shape shape = row.deletes() ? new Shape(keyColumns, true) : new Shape(List.copyOf(row.columns().keySet()), false);
            shapes.computeIfAbsent(shape, _ -> new ArrayList<>()).add(row);
        }
        for (Map.Entry<Shape, List<Row>> entry : shapes.entrySet()) {
            List<Row> all = entry.getValue();
            String statement = statement(table, keyColumns, entry.getKey());
            for (int from = 0; from < all.size(); from += batchSize) {
                execute(connection, table, entry.getKey(), statement, all.subList(from, Math.min(all.size(), from + batchSize)));
            }
        }
    }

    private static List<Row> lastPerKey(List<Row> rows) {
        Map<List<Object>, Row> last = new LinkedHashMap<>();
        for (Row row : rows) {
            last.remove(row.key());
            last.put(row.key(), row);
        }
        return List.copyOf(last.values());
    }

    private String statement(Table table, List<String> keyColumns, Shape shape) {
        List<String> columns = shape.columns();
        StringBuilder arrays = new StringBuilder();
        StringBuilder selected = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            String type = type(table, columns.get(i));
            ColumnArray array = ColumnArray.forType(type);
            arrays.append(i == 0 ? "" : ", ").append("?::").append(array.elementType()).append("[]");
            selected.append(i == 0 ? "" : ", ").append(array.select("v.c" + i, type));
        }
        String source = "unnest(" + arrays + ") AS v(" + numbered("c", columns.size()) + ")";
        if (shape.deletes()) {
            return "DELETE FROM " + table.name() + " t USING " + source + " WHERE " + matches(table, columns, columns);
        }
        String names = columns.stream().map(Table::quote).collect(Collectors.joining(", "));
        List<String> others = columns.stream().filter(column -> !keyColumns.contains(column)).toList();
        String insert = "INSERT INTO " + table.name() + " (" + names + ") SELECT " + selected + " FROM " + source;
        String keys = keyColumns.stream().map(Table::quote).collect(Collectors.joining(", "));
        return switch (mode) {
            case INSERT -> insert;
            case UPSERT -> insert + " ON CONFLICT (" + keys + ") " + (others.isEmpty() ? "DO NOTHING" : "DO UPDATE SET "
                    + others.stream().map(column -> Table.quote(column) + " = excluded." + Table.quote(column)).collect(Collectors.joining(", ")));
            case UPDATE -> "UPDATE " + table.name() + " t SET " + others.stream()
                    .map(column -> Table.quote(column) + " = " + value(table, columns, column)).collect(Collectors.joining(", "))
                    + " FROM " + source + " WHERE " + matches(table, columns, keyColumns);
        };
    }

    private static String matches(Table table, List<String> columns, List<String> keyColumns) {
        return keyColumns.stream().map(column -> "t." + Table.quote(column) + " = " + value(table, columns, column)).collect(Collectors.joining(" AND "));
    }

    private static String value(Table table, List<String> columns, String column) {
        String type = type(table, column);
        return ColumnArray.forType(type).select("v.c" + columns.indexOf(column), type);
    }

    private static String numbered(String prefix, int count) {
        return java.util.stream.IntStream.range(0, count).mapToObj(i -> prefix + i).collect(Collectors.joining(", "));
    }

    private static String type(Table table, String column) {
        String type = table.columns().get(column);
        if (type == null) {
            throw new DataException("table " + table.name() + " has no column " + column + "; add it, set auto.evolve=true, or leave the field out with "
                    + "fields.whitelist");
        }
        return type;
    }

    private static void execute(Connection connection, Table table, Shape shape, String statement, List<Row> rows) throws SQLException {
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int i = 0; i < shape.columns().size(); i++) {
                String column = shape.columns().get(i);
                String type = table.columns().get(column);
                ColumnArray array = ColumnArray.forType(type);
                Object[] values = new Object[rows.size()];
                for (int r = 0; r < values.length; r++) {
                    Row row = rows.get(r);
                    Object value = shape.deletes() ? row.key().get(i) : row.columns().get(column);
                    try {
                        values[r] = array.convert(value, type);
                    } catch (DataException e) {
                        throw new DataException("record " + row.coordinates() + ", column " + column + " of " + table.name() + ": " + e.getMessage());
                    }
                }
                prepared.setArray(i + 1, connection.createArrayOf(array.elementType(), values));
            }
            prepared.executeUpdate();
        }
    }
}
