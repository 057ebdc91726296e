package io.millrace.cdc;

import io.debezium.connector.postgresql.PostgresConnectorTask;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/**
 * Runs Debezium's task. The server is told that a position was reached only from {@link #commit}, which the runtime calls after the records and
 * their position were committed: what the server may forget is always safe here.
 */
public final class CdcSourceTask extends SourceTask {

    private final PostgresConnectorTask debezium = new PostgresConnectorTask();

    @Override
    public void start(Map<String, String> properties) {
        Map<String, Object> offset = context.offsetStorageReader().offset(Map.of("server", properties.get("topic.prefix")));
        if (Boolean.parseBoolean(properties.get(CaptureConfig.OWN_SLOT)) && snapshots(properties, offset)) {
            LeftoverSlot.drop(properties);
        }
        debezium.initialize(context);
        debezium.start(properties);
    }

    /** Whether Debezium is about to make the first snapshot, or make it again because it was interrupted. */
    private static boolean snapshots(Map<String, String> properties, Map<String, Object> offset) {
        if (!Set.of("initial", "initial_only", "always", "when_needed").contains(properties.getOrDefault("snapshot.mode", "initial"))) {
            return false;
        }
        return offset == null || offset.get("snapshot") != null && !Boolean.TRUE.equals(offset.get("snapshot_completed"));
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        List<SourceRecord> records = debezium.poll();
        // The runtime takes null for "nothing yet"; Debezium says it with an empty list.
        return records == null || records.isEmpty() ? null : records;
    }

    @Override
    public void commitRecord(SourceRecord record, RecordMetadata metadata) throws InterruptedException {
        debezium.commitRecord(record, metadata);
    }

    @Override
    public void commit() throws InterruptedException {
        debezium.commit();
    }

    @Override
    public void stop() {
        debezium.stop();
        Drivers.deregister();
    }

    @Override
    public String version() {
        return debezium.version();
    }
}
