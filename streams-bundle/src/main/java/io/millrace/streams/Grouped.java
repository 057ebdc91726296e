package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/**
 * How a stream is written to the repartition topic {@code <job>-<name>-repartition} if grouping it needs one.
 *
 * @param name part of the internal topic's name; null for a generated one, which changes when the job's description does
 */
public record Grouped<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde) {

    public Grouped {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
    }

    public static <K, V> Grouped<K, V> with(Serde<K> keySerde, Serde<V> valueSerde) {
        return new Grouped<>(null, keySerde, valueSerde);
    }

    public static <K, V> Grouped<K, V> with(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Grouped<>(name, keySerde, valueSerde);
    }
}
