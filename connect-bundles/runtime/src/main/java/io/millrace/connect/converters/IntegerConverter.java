package io.millrace.connect.converters;

import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.connect.data.Schema;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.IntegerConverter}. */
public final class IntegerConverter extends NumberLikeConverter<Integer> {

    public IntegerConverter() {
        super(Integer.class, Schema.OPTIONAL_INT32_SCHEMA, new IntegerSerializer(), new IntegerDeserializer());
    }
}
