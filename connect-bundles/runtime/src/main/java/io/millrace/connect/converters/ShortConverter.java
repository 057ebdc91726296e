package io.millrace.connect.converters;

import org.apache.kafka.common.serialization.ShortDeserializer;
import org.apache.kafka.common.serialization.ShortSerializer;
import org.apache.kafka.connect.data.Schema;

/** Stands for Kafka's {@code org.apache.kafka.connect.converters.ShortConverter}. */
public final class ShortConverter extends NumberLikeConverter<Short> {

    public ShortConverter() {
        super(Short.class, Schema.OPTIONAL_INT16_SCHEMA, new ShortSerializer(), new ShortDeserializer());
    }
}
