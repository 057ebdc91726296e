package io.millrace.streams;

/** Makes a new value of a value and its key, which must not be changed. */
@FunctionalInterface
public interface ValueMapperWithKey<K, V, R> {

    R apply(K key, V value);
}
