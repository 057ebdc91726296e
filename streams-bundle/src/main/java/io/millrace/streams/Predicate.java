package io.millrace.streams;

/** Whether a record is wanted. */
@FunctionalInterface
public interface Predicate<K, V> {

    boolean test(K key, V value);
}
