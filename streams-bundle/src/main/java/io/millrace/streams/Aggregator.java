package io.millrace.streams;

/** Adds a record to an aggregate. May change the aggregate given and return it; null deletes it. */
@FunctionalInterface
public interface Aggregator<K, V, A> {

    A apply(K key, V value, A aggregate);
}
