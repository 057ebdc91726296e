package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/**
 * How a topic is read.
 *
 * @param timestampExtractor null for the record's own timestamp
 */
public record Consumed<K, V>(Serde<K> keySerde, Serde<V> valueSerde, TimestampExtractor timestampExtractor) {

    public Consumed {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
    }

    public static <K, V> Consumed<K, V> with(Serde<K> keySerde, Serde<V> valueSerde) {
        return new Consumed<>(keySerde, valueSerde, null);
    }

    public Consumed<K, V> withTimestampExtractor(TimestampExtractor extractor) {
        return new Consumed<>(keySerde, valueSerde, extractor);
    }
}
