package io.millrace.connect.pipeline;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;

/** A sink record that remembers the bytes it was made of, through all transformations: a dead letter queue gets them back. */
public final class RawSinkRecord extends SinkRecord {

    private final ConsumerRecord<byte[], byte[]> raw;

    RawSinkRecord(ConsumerRecord<byte[], byte[]> raw, SchemaAndValue key, SchemaAndValue value, Long timestamp, Iterable<Header> headers) {
        super(raw.topic(), raw.partition(), key.schema(), key.value(), value.schema(), value.value(), raw.offset(), timestamp,
                raw.timestampType(), headers, raw.topic(), raw.partition(), raw.offset());
        this.raw = raw;
    }

    private RawSinkRecord(ConsumerRecord<byte[], byte[]> raw, String topic, Integer partition, Schema keySchema, Object key, Schema valueSchema,
            Object value, Long timestamp, TimestampType type, Iterable<Header> headers) {
        super(topic, partition, keySchema, key, valueSchema, value, raw.offset(), timestamp, type, headers,
                raw.topic(), raw.partition(), raw.offset());
        this.raw = raw;
    }

    public ConsumerRecord<byte[], byte[]> raw() {
        return raw;
    }

    @Override
    public SinkRecord newRecord(String topic, Integer partition, Schema keySchema, Object key, Schema valueSchema, Object value, Long timestamp) {
        return newRecord(topic, partition, keySchema, key, valueSchema, value, timestamp, headers().duplicate());
    }

    @Override
    public SinkRecord newRecord(String topic, Integer partition, Schema keySchema, Object key, Schema valueSchema, Object value, Long timestamp,
            Iterable<Header> headers) {
        return new RawSinkRecord(raw, topic, partition, keySchema, key, valueSchema, value, timestamp, timestampType(), headers);
    }
}
