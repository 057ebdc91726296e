package io.millrace.cdc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;

/** Looks whether a server can be captured, and says what to change if not. */
final class ServerCheck {

    private ServerCheck() {}

    /** @throws ConnectException with the problem; a {@link RetriableException} if the server is just away */
    static void require(Map<String, String> debezium) {
        problem(debezium).ifPresent(problem -> {
            throw problem.startsWith("cannot connect") ? new RetriableException(problem) : new ConnectException(problem);
        });
    }

    static Optional<String> problem(Map<String, String> debezium) {
        String url = url(debezium);
        String user = debezium.getOrDefault("database.user", "");
        try (Connection connection = connect(debezium)) {
            String level = text(connection, "SHOW wal_level");
            if (!"logical".equals(level)) {
                return Optional.of("PostgreSQL at " + url + " has wal_level=" + level
                        + "; run ALTER SYSTEM SET wal_level = logical and restart the server");
            }
            if (!"t".equals(text(connection, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"))) {
                return Optional.of("user " + user + " of " + url + " may not replicate; run ALTER ROLE "
                        + text(connection, "SELECT quote_ident(current_user)") + " REPLICATION");
            }
            return missingTable(connection, url, debezium.get("table.include.list"));
        } catch (SQLException e) {
            return Optional.of("cannot connect to " + url + " as " + user + ": " + e.getMessage());
        }
    }

    static Connection connect(Map<String, String> debezium) throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", debezium.getOrDefault("database.user", ""));
        login.setProperty("password", debezium.getOrDefault("database.password", ""));
        login.setProperty("connectTimeout", "5");
        return new org.postgresql.Driver().connect(url(debezium), login);
    }

    private static String url(Map<String, String> debezium) {
        return "jdbc:postgresql://" + debezium.get("database.hostname") + ":" + debezium.getOrDefault("database.port", "5432") + "/"
                + debezium.get("database.dbname");
    }

    private static Optional<String> missingTable(Connection connection, String url, String tables) throws SQLException {
        if (tables == null) {
            return Optional.empty();
        }
        try (PreparedStatement query = connection.prepareStatement("SELECT to_regclass(?) IS NULL")) {
            for (String table : tables.split(",")) {
                // Patterns are Debezium's business.
                if (!table.matches("\\w+\\.\\w+")) {
                    continue;
                }
                query.setString(1, table);
                try (ResultSet row = query.executeQuery()) {
                    row.next();
                    if (row.getBoolean(1)) {
                        return Optional.of("there is no table " + table + " at " + url + "; create it or take it out of tables");
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(query)) {
            return row.next() ? row.getString(1) : null;
        }
    }
}
