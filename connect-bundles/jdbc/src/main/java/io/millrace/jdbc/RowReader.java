package io.millrace.jdbc;

import io.millrace.jdbc.JdbcSinkConfig.KeyMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;

/** Turns records into rows: structs and maps alike, keys as the options say. */
final class RowReader {

    private static final List<String> KAFKA_COLUMNS = List.of("__connect_topic", "__connect_partition", "__connect_offset");

    private final KeyMode keyMode;
    private final List<String> keyFields;
    private final Set<String> whitelist;
    private final boolean deletes;

    RowReader(JdbcSinkConfig config) {
        this.keyMode = config.keyMode();
        this.keyFields = config.getList("pk.fields");
        this.whitelist = Set.copyOf(config.getList("fields.whitelist"));
        this.deletes = config.getBoolean("delete.enabled");
    }

    /** @throws DataException naming the record and what it lacks */
    Row read(SinkRecord record) {
        Map<String, Object> key = switch (keyMode) {
            case NONE, RECORD_VALUE -> Map.of();
            case KAFKA -> kafkaKey(record);
            case RECORD_KEY -> recordKey(record);
        };
        if (record.value() == null) {
            if (!deletes) {
                throw failure(record, "it has no value; set delete.enabled=true to delete its row, or drop it with a transform");
            }
            return new Row(record, new ArrayList<>(key.values()), null);
        }
        Map<String, Object> columns = new LinkedHashMap<>(key);
        fields(record, "value", record.value()).forEach((name, value) -> {
            if (whitelist.isEmpty() || whitelist.contains(name) || keyMode == KeyMode.RECORD_VALUE && keyFields.contains(name)) {
                columns.put(name, value);
            }
        });
        if (keyMode == KeyMode.RECORD_VALUE) {
            key = new LinkedHashMap<>();
            for (String field : keyFields.isEmpty() ? columns.keySet() : keyFields) {
                if (!columns.containsKey(field)) {
                    throw failure(record, "its value has no field " + field + ", which pk.fields names");
                }
                key.put(field, columns.get(field));
            }
        }
        return new Row(record, new ArrayList<>(key.values()), columns);
    }

    /** Names of the key columns of a row, in the order of {@link Row#key}. */
    List<String> keyColumns(SinkRecord record) {
        return switch (keyMode) {
            case NONE -> List.of();
            case KAFKA -> keyFields.isEmpty() ? KAFKA_COLUMNS : keyFields;
            case RECORD_KEY -> List.copyOf(recordKey(record).keySet());
            case RECORD_VALUE -> keyFields.isEmpty() ? List.copyOf(fields(record, "value", record.value()).keySet()) : keyFields;
        };
    }

    private Map<String, Object> kafkaKey(SinkRecord record) {
        List<String> names = keyFields.isEmpty() ? KAFKA_COLUMNS : keyFields;
        if (names.size() != KAFKA_COLUMNS.size()) {
            throw failure(record, "pk.mode=kafka needs three pk.fields, or none for " + KAFKA_COLUMNS);
        }
        Map<String, Object> key = new LinkedHashMap<>();
        key.put(names.get(0), record.topic());
        key.put(names.get(1), record.kafkaPartition());
        key.put(names.get(2), record.kafkaOffset());
        return key;
    }

    private Map<String, Object> recordKey(SinkRecord record) {
        Object key = record.key();
        if (key == null) {
            throw failure(record, "it has no key, which pk.mode=record_key needs");
        }
        if (!(key instanceof Struct) && !(key instanceof Map)) {
            if (keyFields.size() != 1) {
                throw failure(record, "its key is a single value: name its column in pk.fields");
            }
            return Map.of(keyFields.getFirst(), key);
        }
        Map<String, Object> fields = fields(record, "key", key);
        if (keyFields.isEmpty()) {
            return fields;
        }
        Map<String, Object> chosen = new LinkedHashMap<>();
        for (String field : keyFields) {
            if (!fields.containsKey(field)) {
                throw failure(record, "its key has no field " + field + ", which pk.fields names; it has " + fields.keySet());
            }
            chosen.put(field, fields.get(field));
        }
        return chosen;
    }

    private static Map<String, Object> fields(SinkRecord record, String part, Object data) {
        Map<String, Object> fields = new LinkedHashMap<>();
        switch (data) {
            case Struct struct -> {
                for (Field field : struct.schema().fields()) {
                    fields.put(field.name(), SchemaValue.of(field.schema(), struct.get(field)));
                }
            }
            case Map<?, ?> map -> map.forEach((name, value) -> fields.put(String.valueOf(name), value));
            case null, default -> throw failure(record, "its " + part + " is neither a struct nor a map; use a converter that yields fields");
        }
        return fields;
    }

    private static DataException failure(SinkRecord record, String what) {
        return new DataException("record " + record.topic() + "-" + record.kafkaPartition() + " offset " + record.kafkaOffset() + ": " + what);
    }
}
