package io.millrace.streams;

import java.util.Objects;
import org.apache.kafka.common.serialization.Serde;

/** How a topic is written; records go to partitions by their key's bytes, as every Kafka client does it. */
public record Produced<K, V>(Serde<K> keySerde, Serde<V> valueSerde) {

    public Produced {
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(valueSerde, "valueSerde");
    }

    public static <K, V> Produced<K, V> with(Serde<K> keySerde, Serde<V> valueSerde) {
        return new Produced<>(keySerde, valueSerde);
    }
}
