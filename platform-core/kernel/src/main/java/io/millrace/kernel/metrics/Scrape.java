package io.millrace.kernel.metrics;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Reads every source's meters into the Prometheus registry that Micrometer writes to as well. They are not registered one by one: tens of thousands
 * of partitions' meters would be held for the one moment in which they are read, and would have to be found again when a topic goes.
 */
final class Scrape implements MultiCollector {

    /** What Micrometer's own meters begin with: a second family of such a name would spoil the whole scrape. */
    private static final List<String> RESERVED = List.of("jvm_", "process_", "system_");

    private final Sources sources;

    Scrape(Sources sources) {
        this.sources = sources;
    }

    @Override
    public MetricSnapshots collect() {
        Reading reading = new Reading(sources, System.nanoTime());
        sources.tellAll(reading);
        List<MetricSnapshot> snapshots = new ArrayList<>();
        for (Family family : reading.families.values()) {
            snapshots.add(family.snapshot());
        }
        return new MetricSnapshots(snapshots);
    }

    /** One scrape under way. Confined to its thread. */
    private static final class Reading implements Meters {

        private final Sources sources;
        private final long nanos;
        private final Map<String, Family> families = new LinkedHashMap<>();

        Reading(Sources sources, long nanos) {
            this.sources = sources;
            this.nanos = nanos;
        }

        @Override
        public void counter(Meter meter, Tags tags, LongSupplier total) {
            read(meter, family -> family.number(tags, total.getAsLong()));
        }

        @Override
        public void gauge(Meter meter, Tags tags, DoubleSupplier value) {
            read(meter, family -> family.number(tags, value.getAsDouble()));
        }

        @Override
        public void distribution(Meter meter, Tags tags, Distribution values) {
            read(meter, family -> family.distribution(tags, values, nanos));
        }

        @Override
        public void state(Meter meter, Tags tags, Supplier<String> word) {
            read(meter, family -> family.number(tags.and("state", word.get()), 1));
        }

        private interface Read {
            void into(Family family);
        }

        private void read(Meter meter, Read read) {
            try {
                if (RESERVED.stream().anyMatch(meter.name()::startsWith)) {
                    throw new IllegalArgumentException("names that begin with " + RESERVED + " are the JVM's");
                }
                Family family = families.computeIfAbsent(Family.baseName(meter), _ -> new Family(meter));
                if (!family.fits(meter)) {
                    throw new IllegalArgumentException("there is another kind of meter of that name");
                }
                read.into(family);
            } catch (RuntimeException | LinkageError e) {
                sources.failed(meter.name(), e);
            }
        }
    }
}
