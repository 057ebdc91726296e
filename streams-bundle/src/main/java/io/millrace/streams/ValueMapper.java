package io.millrace.streams;

/** Makes a new value of a value. */
@FunctionalInterface
public interface ValueMapper<V, R> {

    R apply(V value);
}
