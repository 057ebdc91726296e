package io.millrace.connect.converters;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.ConverterConfig;
import org.apache.kafka.connect.storage.HeaderConverter;

/** Stands for one of Kafka's own converters: without settings, and the same for headers as for records. */
abstract class StandIn implements Converter, HeaderConverter {

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
    public SchemaAndValue toConnectHeader(String topic, String key, byte[] bytes) {
        return toConnectData(topic, bytes);
    }

    @Override
    public byte[] fromConnectHeader(String topic, String key, Schema schema, Object value) {
        return fromConnectData(topic, schema, value);
    }

    /** Of the Kafka whose converter it stands for. */
    @Override
    public String version() {
        return "4.3.1";
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
