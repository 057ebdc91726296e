package io.millrace.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes each batch that it is given in one database transaction. When the database is away the batch is given again; a record that the
 * database refuses is found by halving the batch, and reported, if the connector tolerates errors.
 */
public final class JdbcSinkTask extends SinkTask {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcSinkTask.class);

    private final Map<String, Table> tables = new HashMap<>();
    private JdbcSinkConfig config;
    private RowReader reader;
    private PostgresWriter writer;
    private Connection connection;
    private int failures;

    @Override
    public void start(Map<String, String> properties) {
        config = new JdbcSinkConfig(properties);
        reader = new RowReader(config);
        writer = new PostgresWriter(config.insertMode(), config.getInt("batch.size"));
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty()) {
            return;
        }
        List<Row> rows = new ArrayList<>(records.size());
        for (SinkRecord record : records) {
            try {
                rows.add(reader.read(record));
            } catch (DataException e) {
                report(record, e);
            }
        }
        try {
            writeIsolating(rows);
            failures = 0;
        } catch (SQLException e) {
            closeConnection();
            if (!Database.isTransient(e) || failures++ >= config.getInt("max.retries")) {
                throw new ConnectException("cannot write " + rows.size() + " rows to " + config.url() + ": " + e.getMessage(), e);
            }
            context.timeout(config.getInt("retry.backoff.ms"));
            throw new RetriableException("the database at " + config.url() + " is away (" + e.getMessage() + "); try " + failures + " of "
                    + config.getInt("max.retries"), e);
        }
    }

    private void writeIsolating(List<Row> rows) throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        try {
            write(rows);
        } catch (SQLException | DataException e) {
            rollBack();
            if (e instanceof SQLException failure && Database.isTransient(failure)) {
                throw failure;
            }
            if (context.errantRecordReporter() == null) {
                throw e instanceof DataException refused ? refused : new ConnectException("rows " + rows.getFirst().coordinates() + " to "
                        + rows.getLast().coordinates() + " are refused by " + config.url() + ": " + e.getMessage(), e);
            }
            if (rows.size() == 1) {
                report(rows.getFirst().record(), e);
                return;
            }
            int middle = rows.size() / 2;
            writeIsolating(rows.subList(0, middle));
            writeIsolating(rows.subList(middle, rows.size()));
        }
    }

    private void write(List<Row> rows) throws SQLException {
        Connection open = connection();
        Map<String, List<Row>> byTable = new LinkedHashMap<>();
        for (Row row : rows) {
            byTable.computeIfAbsent(config.getString("table.name.format").replace("${topic}", row.record().topic()), _ -> new ArrayList<>()).add(row);
        }
        for (Map.Entry<String, List<Row>> entry : byTable.entrySet()) {
            List<Row> all = entry.getValue();
            List<String> keyColumns = reader.keyColumns(all.getFirst().record());
            Table table = table(open, entry.getKey(), keyColumns, all);
            writer.write(open, table, keyColumns, all);
        }
        open.commit();
    }

    private Table table(Connection open, String name, List<String> keyColumns, List<Row> rows) throws SQLException {
        Table table = tables.get(name);
        if (table == null) {
            table = Table.find(open, name);
            Row first = rows.stream().filter(row -> !row.deletes()).findFirst().orElse(null);
            if (table == null && config.getBoolean("auto.create") && first != null) {
                Schemas.create(open, name, keyColumns, first);
                table = Table.find(open, name);
            }
            if (table == null) {
                throw new ConnectException("there is no table " + name + " at " + config.url() + "; create it, or set auto.create=true");
            }
            tables.put(name, table);
        }
        if (config.getBoolean("auto.evolve") && Schemas.evolve(open, table, rows)) {
            table = Table.find(open, name);
            tables.put(name, table);
        }
        return table;
    }

    private Connection connection() throws SQLException {
        if (connection == null) {
            connection = Database.connect(config);
            connection.setAutoCommit(false);
            tables.clear();
        }
        return connection;
    }

    private void rollBack() throws SQLException {
        if (connection != null) {
            connection.rollback();
            tables.clear();
        }
    }

    private void report(SinkRecord record, Exception problem) {
        if (context.errantRecordReporter() == null) {
            throw problem instanceof RuntimeException failure ? failure : new ConnectException(problem);
        }
        context.errantRecordReporter().report(record, problem);
    }

    private void closeConnection() {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                LOG.debug("closing the connection", e);
            }
            connection = null;
        }
    }

    @Override
    public void stop() {
        closeConnection();
        Database.deregisterDrivers();
    }

    @Override
    public String version() {
        return Database.version();
    }
}
