package io.millrace.demo;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;

/**
 * The shop's PostgreSQL database: the captured tables and the one that comes back.
 *
 * @param url      a {@code jdbc:postgresql:} address
 * @param user     never null
 * @param password may be empty
 */
record ShopDatabase(String url, String user, String password) {

    private static final String SCHEMA = """
            CREATE TABLE IF NOT EXISTS customers (
                id bigint PRIMARY KEY, name text NOT NULL, city text NOT NULL);
            CREATE TABLE IF NOT EXISTS orders (
                id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, amount_cents bigint NOT NULL,
                status text NOT NULL, placed_at timestamptz NOT NULL);
            CREATE TABLE IF NOT EXISTS order_stats (
                customer_id bigint, window_start timestamptz, window_end timestamptz, customer_name text,
                orders bigint, amount_cents bigint, PRIMARY KEY (customer_id, window_start));
            ALTER TABLE customers REPLICA IDENTITY FULL;
            ALTER TABLE orders REPLICA IDENTITY FULL;
            """;
    private static final Map<String, String> COLUMNS = Map.of(
            "customers", "id, name, city",
            "orders", "id, customer_id, amount_cents, status, placed_at",
            "order_stats", "customer_id, window_start, window_end, customer_name, orders, amount_cents");

    /**
     * Reads a user's address: {@code jdbc:postgresql://...} or {@code postgresql://user:password@host:port/db}.
     *
     * @throws IllegalArgumentException naming what is wrong with it
     */
    static ShopDatabase at(String address) {
        String plain = address.startsWith("jdbc:") ? address.substring("jdbc:".length()) : address;
        java.net.URI uri;
        try {
            uri = java.net.URI.create(plain);
        } catch (IllegalArgumentException e) {
            throw malformed(address);
        }
        if (uri.getHost() == null || uri.getPath() == null || uri.getPath().length() < 2
                || !("postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme()))) {
            throw malformed(address);
        }
        String[] login = uri.getUserInfo() == null ? new String[] {"postgres"} : uri.getUserInfo().split(":", 2);
        String user = login[0];
        String password = login.length > 1 ? login[1] : "";
        for (String parameter : uri.getQuery() == null ? new String[0] : uri.getQuery().split("&")) {
            if (parameter.startsWith("user=")) {
                user = parameter.substring("user=".length());
            } else if (parameter.startsWith("password=")) {
                password = parameter.substring("password=".length());
            }
        }
        int port = uri.getPort() < 0 ? 5432 : uri.getPort();
        return new ShopDatabase("jdbc:postgresql://" + uri.getHost() + ":" + port + uri.getPath(), user, password);
    }

    private static IllegalArgumentException malformed(String address) {
        return new IllegalArgumentException("--postgres " + address + " is not a PostgreSQL address; give postgresql://user:password@host:port/database");
    }

    Connection connect() throws SQLException {
        Properties login = new Properties();
        login.setProperty("user", user);
        login.setProperty("password", password);
        login.setProperty("connectTimeout", "5");
        login.setProperty("ApplicationName", "millrace-demo");
        return DriverManager.getConnection(url, login);
    }

    /** Creates the tables that are missing, and says what the server lacks; tables of others are left alone. */
    void prepare() throws SQLException {
        try (Connection connection = connect(); Statement statement = connection.createStatement()) {
            try (ResultSet level = statement.executeQuery("SHOW wal_level")) {
                level.next();
                if (!"logical".equals(level.getString(1))) {
                    throw new SQLException("PostgreSQL at " + url + " has wal_level=" + level.getString(1)
                            + ", which cannot be captured; run ALTER SYSTEM SET wal_level = logical and restart it");
                }
            }
            try (ResultSet role = statement.executeQuery(
                    "SELECT rolreplication OR rolsuper, quote_ident(rolname) FROM pg_roles WHERE rolname = current_user")) {
                role.next();
                if (!role.getBoolean(1)) {
                    throw new SQLException("user " + user + " of " + url + " may not replicate; run ALTER ROLE " + role.getString(2) + " REPLICATION");
                }
            }
            for (Map.Entry<String, String> table : COLUMNS.entrySet()) {
                requireOurs(statement, table.getKey(), table.getValue());
            }
            statement.execute(SCHEMA);
        }
    }

    /** A database may have a table of the same name that is somebody's. */
    private void requireOurs(Statement statement, String table, String columns) throws SQLException {
        try (ResultSet there = statement.executeQuery("SELECT to_regclass('" + table + "') IS NOT NULL")) {
            there.next();
            if (!there.getBoolean(1)) {
                return;
            }
        }
        try {
            statement.executeQuery("SELECT " + columns + " FROM " + table + " LIMIT 0").close();
        } catch (SQLException e) {
            throw new SQLException("the table " + table + " at " + url + " is not the demo's (" + e.getMessage().lines().findFirst().orElse("")
                    + "); give --postgres an empty database", e);
        }
    }

    /** The file that the demo's connector configurations refer to. */
    Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("jdbc.url", url);
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        String login = password.isEmpty() ? user : user + ":" + password;
        properties.setProperty("cdc.url", url.substring("jdbc:".length()).replace("//", "//" + login + "@"));
        return properties;
    }
}
