package io.millrace.jdbc;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Properties;
import java.util.Set;

/** Opens connections with the driver that the bundle carries, and takes the driver back out of the JVM's list when the bundle goes. */
final class Database {

    /** What a transient failure looks like: connection lost, serialization failure or deadlock, resources short, server shutting down. */
    private static final Set<String> TRANSIENT = Set.of("08", "40", "53", "57");

    private Database() {}

    static Connection connect(JdbcSinkConfig config) throws SQLException {
        Properties properties = new Properties();
        if (!config.user().isEmpty()) {
            properties.setProperty("user", config.user());
            properties.setProperty("password", config.password());
        }
        properties.setProperty("connectTimeout", "5");
        properties.setProperty("loginTimeout", "10");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("ApplicationName", "millrace-jdbc");
        // Not through DriverManager, which asks every driver of the JVM and looks at the caller's class loader.
        return new org.postgresql.Driver().connect(config.url(), properties);
    }

    static boolean isTransient(SQLException e) {
        return e.getSQLState() != null && e.getSQLState().length() >= 2 && TRANSIENT.contains(e.getSQLState().substring(0, 2));
    }

    /** Drivers that stay registered keep this bundle's class loader alive. Called from a class of this loader, since the list depends on the caller. */
    static void deregisterDrivers() {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.getClass().getClassLoader() == Database.class.getClassLoader()) {
                try {
                    DriverManager.deregisterDriver(driver);
                } catch (SQLException e) {
                    org.slf4j.LoggerFactory.getLogger(Database.class).warn("driver {} stays registered", driver, e);
                }
            }
        }
    }

    static String version() {
        String version = Database.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0" : version;
    }
}
