package io.millrace.kernel.jmx;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The attributes that one meter gives its bean. Keeps the rates between two questions. Thread-safe.
 *
 * <p>A bean of one meter has what Kafka's own have; a facet with a name is one of several in a bean, as with Kafka's client libraries.
 */
final class Facet {

    private static final Map<String, Double> PERCENTILES = new LinkedHashMap<>();

    static {
        PERCENTILES.put("50thPercentile", 0.5);
        PERCENTILES.put("75thPercentile", 0.75);
        PERCENTILES.put("95thPercentile", 0.95);
        PERCENTILES.put("98thPercentile", 0.98);
        PERCENTILES.put("99thPercentile", 0.99);
        PERCENTILES.put("999thPercentile", 0.999);
    }

    private static final String DOUBLE = "double";
    private static final List<Attribute> RATES = List.of(new Attribute("MeanRate", DOUBLE), new Attribute("OneMinuteRate", DOUBLE),
            new Attribute("FiveMinuteRate", DOUBLE), new Attribute("FifteenMinuteRate", DOUBLE), new Attribute("RateUnit", TimeUnit.class.getName()),
            new Attribute("EventType", String.class.getName()));

    /** @param type as an MBean tells it */
    record Attribute(String name, String type) {
    }

    private final String name;
    private final Rate rate;
    private volatile Reading reading;

    /** @param name empty for the only one of a bean */
    Facet(String name, Reading reading) {
        this.name = name;
        this.reading = reading;
        this.rate = reading instanceof Reading.Counter || reading instanceof Reading.Values ? new Rate(System.nanoTime(), reading.count()) : null;
    }

    String name() {
        return name;
    }

    /** The same meter, told anew. */
    void readFrom(Reading other) {
        reading = other;
    }

    List<Attribute> attributes() {
        return name.isEmpty() ? own() : shared();
    }

    private List<Attribute> own() {
        List<Attribute> all = new ArrayList<>();
        switch (reading) {
            case Reading.Gauge _, Reading.State _ -> all.add(new Attribute("Value", Object.class.getName()));
            case Reading.Counter _ -> {
                all.add(new Attribute("Count", "long"));
                all.addAll(RATES);
            }
            case Reading.Values _ -> {
                all.add(new Attribute("Count", "long"));
                for (String each : List.of("Mean", "Min", "Max", "StdDev")) {
                    all.add(new Attribute(each, DOUBLE));
                }
                PERCENTILES.keySet().forEach(each -> all.add(new Attribute(each, DOUBLE)));
                all.addAll(RATES);
            }
        }
        return all;
    }

    private List<Attribute> shared() {
        return switch (reading) {
            case Reading.State _ -> List.of(new Attribute(name, String.class.getName()));
            case Reading.Counter _ when several() -> List.of(new Attribute(of("rate"), DOUBLE), new Attribute(of("total"), DOUBLE));
            case Reading.Values _ when several() -> List.of(new Attribute(of("avg"), DOUBLE), new Attribute(of("max"), DOUBLE));
            case Reading.Gauge _, Reading.Counter _, Reading.Values _ -> List.of(new Attribute(name, DOUBLE));
        };
    }

    private boolean several() {
        return name.contains("*");
    }

    /** {@code poll-batch-*-time-ms} is {@code poll-batch-avg-time-ms}. */
    private String of(String word) {
        return name.replace("*", word);
    }

    /** @return null if it is none of {@link #attributes} */
    synchronized Object value(String attribute, long nanos) {
        return switch (reading) {
            case Reading.Gauge gauge -> attribute.equals("Value") && name.isEmpty() ? Reading.number(gauge.value().getAsDouble())
                    : attribute.equals(name) ? (Object) gauge.value().getAsDouble() : null;
            case Reading.State state -> attribute.equals(name.isEmpty() ? "Value" : name) ? state.word().get() : null;
            case Reading.Counter counter -> counter(attribute, counter.total().getAsLong(), nanos);
            case Reading.Values values -> values(attribute, values, nanos);
        };
    }

    private Object counter(String attribute, long count, long nanos) {
        if (!name.isEmpty()) {
            rate.update(nanos, count);
            return several() && attribute.equals(of("rate")) ? (Object) rate.oneMinute() : attribute.equals(of("total")) ? (Object) (double) count : null;
        }
        return rates(attribute, count, nanos);
    }

    private Object rates(String attribute, long count, long nanos) {
        rate.update(nanos, count);
        return switch (attribute) {
            case "Count" -> count;
            case "MeanRate" -> rate.mean(nanos, count);
            case "OneMinuteRate" -> rate.oneMinute();
            case "FiveMinuteRate" -> rate.fiveMinutes();
            case "FifteenMinuteRate" -> rate.fifteenMinutes();
            case "RateUnit" -> TimeUnit.SECONDS;
            case "EventType" -> "events";
            default -> null;
        };
    }

    private Object values(String attribute, Reading.Values values, long nanos) {
        double scale = values.scale();
        var recent = values.distribution().recent(nanos);
        if (!name.isEmpty()) {
            return attribute.equals(of("avg")) ? (Object) (recent.mean() * scale)
                    : several() && attribute.equals(of("max")) ? (Object) (recent.max() * scale) : null;
        }
        Double percentile = PERCENTILES.get(attribute);
        if (percentile != null) {
            return recent.quantile(percentile) * scale;
        }
        return switch (attribute) {
            case "Mean" -> recent.mean() * scale;
            case "Min" -> recent.min() * scale;
            case "Max" -> recent.max() * scale;
            case "StdDev" -> recent.standardDeviation() * scale;
            default -> rates(attribute, values.distribution().snapshot().count(), nanos);
        };
    }
}
