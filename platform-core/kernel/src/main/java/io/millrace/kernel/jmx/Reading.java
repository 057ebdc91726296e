package io.millrace.kernel.jmx;

import io.millrace.api.metrics.Distribution;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Where a meter's value is read. */
sealed interface Reading {

    record Counter(LongSupplier total) implements Reading {
    }

    record Gauge(DoubleSupplier value) implements Reading {
    }

    record State(Supplier<String> word) implements Reading {
    }

    record Values(Distribution distribution, double scale) implements Reading {
    }

    /** What rises as a counter does, of a distribution the number of values; 0 for the others. */
    default long count() {
        return switch (this) {
            case Counter counter -> counter.total.getAsLong();
            case Values values -> values.distribution.snapshot().count();
            case Gauge _, State _ -> 0;
        };
    }

    /** Kafka's gauges are whole numbers where they can be. */
    static Object number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1L << 53 ? (Object) (long) value : (Object) value;
    }
}
