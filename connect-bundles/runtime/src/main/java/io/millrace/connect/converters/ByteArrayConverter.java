package io.millrace.connect.converters;

import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.ConverterConfig;
import org.apache.kafka.connect.storage.HeaderConverter;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.ByteArrayConverter}: passes bytes through. */
public final class ByteArrayConverter implements Converter, HeaderConverter {

    @Override
    public void configure(Map<String, ?> settings) {
        // There is nothing to set.
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {
        // There is nothing to set.
    }

    @Override
    public ConfigDef config() {
        return ConverterConfig.newConfigDef();
    }

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

    @Override
    public SchemaAndValue toConnectHeader(String topic, String key, byte[] bytes) {
        return toConnectData(topic, bytes);
    }

    @Override
    public byte[] fromConnectHeader(String topic, String key, Schema schema, Object value) {
        return fromConnectData(topic, schema, value);
    }

    @Override
    public String version() {
        return "4.3.1";
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
