package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/**
 * How a stream is written to the repartition topic {@code <job>-<name>-repartition}.
 *
 * @param name       null for a generated one, which changes when the job's description does
 * @param partitions 0 for as many as the stream's input has
 */
public record Repartitioned<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde, int partitions) {

    public Repartitioned {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
        if (partitions < 0) {
            throw new IllegalArgumentException("repartition topic " + name + ": " + partitions
                    + " partitions; give at least 1, or 0 for as many as the input has");
        }
    }

    public static <K, V> Repartitioned<K, V> with(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Repartitioned<>(name, keySerde, valueSerde, 0);
    }

    public Repartitioned<K, V> withNumberOfPartitions(int partitions) {
        return new Repartitioned<>(name, keySerde, valueSerde, partitions);
    }
}
