package io.millrace.streams;

/** Makes something of a record. The same input must give the same result. */
@FunctionalInterface
public interface KeyValueMapper<K, V, R> {

    R apply(K key, V value);
}
