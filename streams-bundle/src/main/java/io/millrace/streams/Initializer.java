package io.millrace.streams;

/** The value an aggregation starts from: a new object each time, if it is mutable. */
@FunctionalInterface
public interface Initializer<A> {

    A apply();
}
