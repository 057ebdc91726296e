package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/**
 * How a stream is written to the repartition topic {@code <job>-<name>-repartition} if joining it needs one.
 *
 * @param name part of the internal topic's name; null for a generated one, which changes when the job's description does
 */
public record Joined<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde) {

    public Joined {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
    }

    public static <K, V> Joined<K, V> with(Serde<K> keySerde, Serde<V> valueSerde) {
        return new Joined<>(null, keySerde, valueSerde);
    }

    public static <K, V> Joined<K, V> with(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Joined<>(name, keySerde, valueSerde);
    }
}
