package io.millrace.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Writes topics into tables of a PostgreSQL database. */
public final class JdbcSinkConnector extends SinkConnector {

    private Map<String, String> properties = Map.of();

    @Override
    public void start(Map<String, String> given) {
        properties = Map.copyOf(given);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return JdbcSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, properties);
    }

    @Override
    public void stop() {
        // The tasks own the connections.
    }

    @Override
    public ConfigDef config() {
        return JdbcSinkConfig.DEFINITION;
    }

    /** Besides each option alone: what fits together, and whether the database answers. */
    @Override
    public Config validate(Map<String, String> given) {
        Config config = super.validate(given);
        if (config.configValues().stream().anyMatch(value -> !value.errorMessages().isEmpty())) {
            return config;
        }
        JdbcSinkConfig parsed = new JdbcSinkConfig(given);
        if (parsed.getBoolean("delete.enabled") && parsed.keyMode() != JdbcSinkConfig.KeyMode.RECORD_KEY) {
            error(config, "delete.enabled", "delete.enabled=true needs pk.mode=record_key, since a deletion has nothing but its key");
        }
        if (parsed.insertMode() != JdbcSinkConfig.InsertMode.INSERT && parsed.keyMode() == JdbcSinkConfig.KeyMode.NONE) {
            error(config, "pk.mode", "insert.mode=" + parsed.getString("insert.mode") + " needs a key: set pk.mode to record_key, record_value or kafka");
        }
        try (Connection connection = Database.connect(parsed)) {
            if (!connection.isValid(5)) {
                error(config, "connection.url", "the database at " + parsed.url() + " does not answer");
            }
        } catch (SQLException e) {
            error(config, "connection.url", "cannot connect to " + parsed.url() + " as " + parsed.user() + ": " + e.getMessage());
        }
        return config;
    }

    private static void error(Config config, String name, String message) {
        for (ConfigValue value : config.configValues()) {
            if (value.name().equals(name)) {
                value.addErrorMessage(message);
            }
        }
    }

    @Override
    public String version() {
        return Database.version();
    }
}
