package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/**
 * How a table is kept: in memory, and as the last value per key in the compacted topic {@code <job>-<name>-changelog}.
 *
 * @param name part of the internal topic's name; null for a generated one, which changes when the job's description does
 */
public record Materialized<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde) {

    public Materialized {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
    }

    public static <K, V> Materialized<K, V> with(Serde<K> keySerde, Serde<V> valueSerde) {
        return new Materialized<>(null, keySerde, valueSerde);
    }

    public static <K, V> Materialized<K, V> with(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Materialized<>(name, keySerde, valueSerde);
    }
}
