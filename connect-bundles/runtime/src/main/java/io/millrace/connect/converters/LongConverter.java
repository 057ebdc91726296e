package io.millrace.connect.converters;

import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;
import org.apache.kafka.connect.data.Schema;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.LongConverter}. */
public final class LongConverter extends NumberLikeConverter<Long> {

    public LongConverter() {
        super(Long.class, Schema.OPTIONAL_INT64_SCHEMA, new LongSerializer(), new LongDeserializer());
    }
}
