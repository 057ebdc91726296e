package io.millrace.kernel.metrics;

import io.millrace.api.metrics.Distribution;
import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Tags;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Quantile;
import io.prometheus.metrics.model.snapshots.Quantiles;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All meters of one name in one scrape. The first of equal tags counts: a scrape with both would be refused as a whole. */
final class Family {

    /** A histogram's bounds: powers of two of what is recorded, which is exact; from 64 microseconds to 17 seconds where those are. */
    private static final int FIRST_POWER = 6;
    private static final int LAST_POWER = 24;
    private static final double[] QUANTILES = {0.5, 0.75, 0.95, 0.99, 0.999};

    private final Meter meter;
    private final Map<Tags, DataPointSnapshot> points = new LinkedHashMap<>();

    Family(Meter meter) {
        this.meter = meter;
    }

    boolean fits(Meter other) {
        return meter.kind() == other.kind() && meter.name().equals(other.name());
    }

    void number(Tags tags, double value) {
        Labels labels = labels(tags);
        points.putIfAbsent(tags, meter.kind() == Meter.Kind.COUNTER ? new CounterDataPointSnapshot(value, labels, null, 0)
                : new GaugeDataPointSnapshot(value, labels, null));
    }

    void distribution(Tags tags, Distribution values, long nanos) {
        points.putIfAbsent(tags, meter.kind() == Meter.Kind.HISTOGRAM ? histogram(tags, values.snapshot()) : summary(tags, values, nanos));
    }

    private SummaryDataPointSnapshot summary(Tags tags, Distribution values, long nanos) {
        Distribution.Snapshot recent = values.recent(nanos);
        Distribution.Snapshot all = values.snapshot();
        List<Quantile> quantiles = new ArrayList<>();
        for (double quantile : QUANTILES) {
            quantiles.add(new Quantile(quantile, recent.count() == 0 ? Double.NaN : recent.quantile(quantile) * meter.scale()));
        }
        return new SummaryDataPointSnapshot(all.count(), all.sum() * meter.scale(), Quantiles.of(quantiles), labels(tags), Exemplars.EMPTY, 0);
    }

    private HistogramDataPointSnapshot histogram(Tags tags, Distribution.Snapshot all) {
        int bounds = LAST_POWER - FIRST_POWER + 1;
        double[] upper = new double[bounds + 1];
        long[] counts = new long[bounds + 1];
        long before = 0;
        for (int i = 0; i < bounds; i++) {
            long below = all.below(FIRST_POWER + i);
            upper[i] = (1L << FIRST_POWER + i) * meter.scale();
            counts[i] = below - before;
            before = below;
        }
        upper[bounds] = Double.POSITIVE_INFINITY;
        counts[bounds] = all.count() - before;
        return new HistogramDataPointSnapshot(ClassicHistogramBuckets.of(upper, counts), all.sum() * meter.scale(), labels(tags), Exemplars.EMPTY, 0);
    }

    private static Labels labels(Tags tags) {
        return tags.pairs().isEmpty() ? Labels.EMPTY : Labels.of(tags.pairs().toArray(String[]::new));
    }

    MetricSnapshot snapshot() {
        MetricMetadata metadata = new MetricMetadata(baseName(meter), meter.help());
        return switch (meter.kind()) {
            case COUNTER -> new CounterSnapshot(metadata, all(CounterDataPointSnapshot.class));
            case GAUGE, STATE -> new GaugeSnapshot(metadata, all(GaugeDataPointSnapshot.class));
            case SUMMARY -> new SummarySnapshot(metadata, all(SummaryDataPointSnapshot.class));
            case HISTOGRAM -> new HistogramSnapshot(metadata, all(HistogramDataPointSnapshot.class));
        };
    }

    private <P extends DataPointSnapshot> Collection<P> all(Class<P> type) {
        return points.values().stream().map(type::cast).toList();
    }

    /** The format's own suffix is no part of a family's name. */
    static String baseName(Meter meter) {
        return meter.kind() == Meter.Kind.COUNTER ? meter.name().substring(0, meter.name().length() - "_total".length()) : meter.name();
    }
}
