package io.millrace.itest.sample;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.components.Versioned;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.transforms.Transformation;

/** Puts the release it is of before each value. */
public final class ReleaseMark<R extends ConnectRecord<R>> implements Transformation<R>, Versioned {

    @Override
    public R apply(R record) {
        return record.newRecord(record.topic(), record.kafkaPartition(), record.keySchema(), record.key(), record.valueSchema(),
                "mark-" + version() + " " + record.value(), record.timestamp());
    }

    @Override
    public String version() {
        return Release.version();
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public void close() {
        // Holds nothing.
    }

    @Override
    public void configure(Map<String, ?> settings) {
        // Nothing to set.
    }
}
