package io.millrace.jdbc;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;

/** Values whose schema says more than their type: Connect's logical types and Debezium's semantic ones become java.time. */
final class SchemaValue {

    private SchemaValue() {}

    static Object of(Schema schema, Object value) {
        if (value == null || schema == null || schema.name() == null) {
            return value;
        }
        return switch (schema.name()) {
            case Date.LOGICAL_NAME -> LocalDate.ofInstant(((java.util.Date) value).toInstant(), ZoneOffset.UTC);
            case Time.LOGICAL_NAME -> LocalTime.ofInstant(((java.util.Date) value).toInstant(), ZoneOffset.UTC);
            case Timestamp.LOGICAL_NAME -> ((java.util.Date) value).toInstant();
            case "io.debezium.time.Date" -> LocalDate.ofEpochDay(((Number) value).longValue());
            case "io.debezium.time.Timestamp" -> Instant.ofEpochMilli(((Number) value).longValue());
            case "io.debezium.time.MicroTimestamp" -> Instant.EPOCH.plus(((Number) value).longValue(), ChronoUnit.MICROS);
            case "io.debezium.time.NanoTimestamp" -> Instant.EPOCH.plusNanos(((Number) value).longValue());
            case "io.debezium.time.Time" -> LocalTime.ofNanoOfDay(((Number) value).longValue() * 1_000_000);
            case "io.debezium.time.MicroTime" -> LocalTime.ofNanoOfDay(((Number) value).longValue() * 1_000);
            case "io.debezium.time.NanoTime" -> LocalTime.ofNanoOfDay(((Number) value).longValue());
            default -> value;
        };
    }
}
