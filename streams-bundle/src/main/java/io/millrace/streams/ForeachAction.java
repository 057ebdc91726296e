package io.millrace.streams;

/** Looks at a record. May be called again for the same record after a failure. */
@FunctionalInterface
public interface ForeachAction<K, V> {

    void apply(K key, V value);
}
