package io.millrace.api.metrics;

import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Is told of meters. The functions given are called later, on any thread, never, or many times: they read what is there and do not block. */
public interface Meters {

    void counter(Meter meter, Tags tags, LongSupplier total);

    void gauge(Meter meter, Tags tags, DoubleSupplier value);

    /** For {@link Meter.Kind#SUMMARY} and {@link Meter.Kind#HISTOGRAM}. */
    void distribution(Meter meter, Tags tags, Distribution values);

    void state(Meter meter, Tags tags, Supplier<String> word);
}
