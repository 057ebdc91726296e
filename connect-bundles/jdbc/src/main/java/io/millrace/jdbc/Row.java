package io.millrace.jdbc;

import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * A record as columns.
 *
 * @param record  where it came from
 * @param key     values of the key columns, in the order of the key columns; empty without a key
 * @param columns every column's value by name, key columns included; null for a deletion
 */
record Row(SinkRecord record, List<Object> key, Map<String, Object> columns) {

    boolean deletes() {
        return columns == null;
    }

    String coordinates() {
        return record.topic() + "-" + record.kafkaPartition() + " offset " + record.kafkaOffset();
    }
}
