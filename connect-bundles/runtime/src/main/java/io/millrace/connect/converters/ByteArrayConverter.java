package io.millrace.connect.converters;

import java.nio.ByteBuffer;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.ByteArrayConverter}: passes bytes through. */
public final class ByteArrayConverter extends StandIn {

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        return switch (value) {
            case null -> null;
            case byte[] bytes -> bytes;
            case ByteBuffer buffer -> Utils.toArray(buffer.duplicate());
            default -> throw new DataException(topic + ": expected bytes but the value is " + value.getClass().getName()
                    + "; choose the converter that fits the data");
        };
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] bytes) {
        return new SchemaAndValue(Schema.OPTIONAL_BYTES_SCHEMA, bytes);
    }
}
