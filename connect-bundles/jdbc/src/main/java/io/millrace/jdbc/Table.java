package io.millrace.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A table as the database has it.
 *
 * @param name    quoted and qualified, as it stands in statements
 * @param columns PostgreSQL's type of each column, by name in the table's order
 */
record Table(String name, Map<String, String> columns) {

    /** @return the table, or null if there is none */
    static Table find(Connection connection, String given) throws SQLException {
        String quoted = quoteQualified(given);
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT a.attname, format_type(a.atttypid, NULL)
                FROM pg_attribute a WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""")) {
            query.setString(1, quoted);
            Map<String, String> columns = new LinkedHashMap<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    columns.put(rows.getString(1), rows.getString(2));
                }
            }
            return columns.isEmpty() ? null : new Table(quoted, columns);
        }
    }

    static String quoteQualified(String name) {
        StringBuilder quoted = new StringBuilder();
        for (String part : name.split("\\.", 2)) {
            quoted.append(quoted.isEmpty() ? "" : ".").append(quote(part));
        }
        return quoted.toString();
    }

    static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
