package io.millrace.cdc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.connect.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replication slot that an interrupted snapshot leaves behind. Only a slot that is made together with the snapshot begins exactly where the
 * snapshot ends; with an older one, changes made in between would arrive twice.
 */
final class LeftoverSlot {

    private static final Logger LOG = LoggerFactory.getLogger(LeftoverSlot.class);
    private static final int TRIES = 50;
    private static final long PAUSE_NANOS = 100_000_000;

    private LeftoverSlot() {}

    static void drop(Map<String, String> debezium) {
        String slot = debezium.get("slot.name");
        try (Connection connection = ServerCheck.connect(debezium)) {
            for (int i = 0; i < TRIES; i++) {
                if (run(connection, "SELECT count(*) FROM pg_replication_slots WHERE slot_name = ?", slot) == 0) {
                    return;
                }
                // The reader of a killed process may hold it for a moment.
                run(connection, "SELECT count(pg_terminate_backend(active_pid)) FROM pg_replication_slots WHERE slot_name = ? AND active", slot);
                if (run(connection, "SELECT count(*) FROM (SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
                        + "WHERE slot_name = ? AND NOT active) dropped", slot) == 1) {
                    LOG.info("replication slot {} was left by an interrupted snapshot and is made anew", slot);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (SQLException e) {
            throw new RetriableException("replication slot " + slot + " of an interrupted snapshot cannot be dropped: " + e.getMessage(), e);
        }
        throw new RetriableException("replication slot " + slot + " is held by another reader; stop it, or give this connector a slot.name of its own");
    }

    private static long run(Connection connection, String query, String slot) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
