package io.millrace.connect.converters;

import org.apache.kafka.common.serialization.BooleanDeserializer;
import org.apache.kafka.common.serialization.BooleanSerializer;
import org.apache.kafka.connect.data.Schema;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.BooleanConverter}. */
public final class BooleanConverter extends NumberLikeConverter<Boolean> {

    public BooleanConverter() {
        super(Boolean.class, Schema.OPTIONAL_BOOLEAN_SCHEMA, new BooleanSerializer(), new BooleanDeserializer());
    }
}
