package io.millrace.connect.converters;

import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;

/** Converts values of one primitive type by Kafka's serializers; headers, too. */
abstract class NumberLikeConverter<T> extends StandIn {

    private final Class<T> type;
    private final Schema schema;
    private final Serializer<T> serializer;
    private final Deserializer<T> deserializer;

    NumberLikeConverter(Class<T> type, Schema schema, Serializer<T> serializer, Deserializer<T> deserializer) {
        this.type = type;
        this.schema = schema;
        this.serializer = serializer;
        this.deserializer = deserializer;
    }

    @Override
    public byte[] fromConnectData(String topic, Schema valueSchema, Object value) {
        if (value != null && !type.isInstance(value)) {
            throw new DataException(topic + ": expected " + type.getSimpleName() + " but the value is " + value.getClass().getName()
                    + "; choose the converter that fits the data");
        }
        try {
            return serializer.serialize(topic, type.cast(value));
        } catch (SerializationException e) {
            throw new DataException(topic + ": " + type.getSimpleName() + " cannot be written", e);
        }
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] bytes) {
        try {
            return new SchemaAndValue(schema, deserializer.deserialize(topic, bytes));
        } catch (SerializationException e) {
            throw new DataException(topic + ": " + bytes.length + " bytes are no " + type.getSimpleName()
                    + "; choose the converter that fits the data", e);
        }
    }
}
