package io.millrace.streams;

/** Combines the values of two sides; the right one is null in a left join without a match. */
@FunctionalInterface
public interface ValueJoiner<V1, V2, R> {

    R apply(V1 left, V2 right);
}
