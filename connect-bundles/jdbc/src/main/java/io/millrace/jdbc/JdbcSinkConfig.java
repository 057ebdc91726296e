package io.millrace.jdbc;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;

/** The sink's options; names and defaults are those that users of JDBC sinks know. */
final class JdbcSinkConfig extends AbstractConfig {

    enum InsertMode { INSERT, UPSERT, UPDATE }

    enum KeyMode { NONE, KAFKA, RECORD_KEY, RECORD_VALUE }

    static final ConfigDef DEFINITION = new ConfigDef()
            .define("connection.url", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new PostgresUrl(), Importance.HIGH,
                    "Address of the database: jdbc:postgresql://host:port/database")
            .define("connection.user", Type.STRING, "", Importance.HIGH, "User name")
            .define("connection.password", Type.PASSWORD, "", Importance.HIGH, "Password")
            .define("insert.mode", Type.STRING, "insert", ValidString.in("insert", "upsert", "update"), Importance.HIGH,
                    "insert adds rows, upsert adds or replaces by key, update changes rows that exist")
            .define("pk.mode", Type.STRING, "none", ValidString.in("none", "kafka", "record_key", "record_value"), Importance.HIGH,
                    "Where the key columns come from: nowhere, topic, partition and offset, the record's key, or its value")
            .define("pk.fields", Type.LIST, List.of(), Importance.MEDIUM, "Key columns; empty takes all fields of the record's key")
            .define("table.name.format", Type.STRING, "${topic}", Importance.MEDIUM, "Name of the table; ${topic} is the record's topic")
            .define("fields.whitelist", Type.LIST, List.of(), Importance.MEDIUM, "Fields of the value that are written; empty writes all")
            .define("auto.create", Type.BOOLEAN, false, Importance.MEDIUM, "Create a missing table from the record's schema")
            .define("auto.evolve", Type.BOOLEAN, false, Importance.MEDIUM, "Add missing columns from the record's schema")
            .define("delete.enabled", Type.BOOLEAN, false, Importance.MEDIUM, "A record without a value deletes its row; needs pk.mode=record_key")
            .define("batch.size", Type.INT, 3000, Range.atLeast(1), Importance.MEDIUM, "Most rows in one statement")
            .define("max.retries", Type.INT, 10, Range.atLeast(0), Importance.LOW, "How often a batch is tried again when the database is away")
            .define("retry.backoff.ms", Type.INT, 3000, Range.atLeast(0), Importance.LOW, "Pause before a batch is tried again, in ms");

    JdbcSinkConfig(Map<String, String> properties) {
        super(DEFINITION, properties, false);
    }

    InsertMode insertMode() {
        return InsertMode.valueOf(getString("insert.mode").toUpperCase(Locale.ROOT));
    }

    KeyMode keyMode() {
        return KeyMode.valueOf(getString("pk.mode").toUpperCase(Locale.ROOT));
    }

    String url() {
        return getString("connection.url");
    }

    String user() {
        return getString("connection.user");
    }

    String password() {
        return getPassword("connection.password").value();
    }

    /** Only PostgreSQL is written to; another address is refused before anything is started. */
    private static final class PostgresUrl implements ConfigDef.Validator {

        @Override
        public void ensureValid(String name, Object value) {
            if (value != null && !value.toString().startsWith("jdbc:postgresql:")) {
                throw new org.apache.kafka.common.config.ConfigException(name, value, "it must begin with jdbc:postgresql:");
            }
        }

        @Override
        public String toString() {
            return "jdbc:postgresql://host:port/database";
        }
    }
}
