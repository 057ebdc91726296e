package io.millrace.streams;

/** Combines two values into one; null deletes it. */
@FunctionalInterface
public interface Reducer<V> {

    V apply(V value, V next);
}
