package io.millrace.broker;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What a broker under test measures, by the names of Prometheus; meters that differ only in tags are added up. */
final class Measured implements Meters {

    private final Map<String, Double> values = new HashMap<>();

    static double of(BrokerServer broker, String name) {
        Measured measured = new Measured();
        broker.meters().tell(measured);
        Double value = measured.values.get(name);
        if (value == null) {
            throw new AssertionError("there is no meter " + name + " in " + measured.values.keySet());
        }
        return value;
    }

    @Override
    public void counter(Meter meter, Tags tags, LongSupplier total) {
        values.merge(meter.name(), (double) total.getAsLong(), Double::sum);
    }

    @Override
    public void gauge(Meter meter, Tags tags, DoubleSupplier value) {
        values.merge(meter.name(), value.getAsDouble(), Double::sum);
    }

    @Override
    public void distribution(Meter meter, Tags tags, Distribution distribution) {
        values.merge(meter.name(), (double) distribution.snapshot().count(), Double::sum);
    }

    @Override
    public void state(Meter meter, Tags tags, Supplier<String> word) {
        // No number.
    }
}
