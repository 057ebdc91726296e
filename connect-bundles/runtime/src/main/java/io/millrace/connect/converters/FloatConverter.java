package io.millrace.connect.converters;

import org.apache.kafka.common.serialization.FloatDeserializer;
import org.apache.kafka.common.serialization.FloatSerializer;
import org.apache.kafka.connect.data.Schema;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.FloatConverter}. */
public final class FloatConverter extends NumberLikeConverter<Float> {

    public FloatConverter() {
        super(Float.class, Schema.OPTIONAL_FLOAT32_SCHEMA, new FloatSerializer(), new FloatDeserializer());
    }
}
