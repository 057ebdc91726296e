package io.millrace.kernel.metrics;

import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of the platform that measure, as they come and go. One that fails costs no other its meters. */
final class Sources implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Sources.class);

    private final ServiceTracker<MeterSource, MeterSource> tracker;
    private final Set<String> reported = ConcurrentHashMap.newKeySet();
    private final LongAdder failures = new LongAdder();

    Sources(BundleContext context) {
        this.tracker = new ServiceTracker<>(context, MeterSource.class, null);
        tracker.open();
    }

    Collection<MeterSource> all() {
        return tracker.getTracked().values();
    }

    /** How often a source could not tell its meters, or a meter its value. */
    long failures() {
        return failures.sum();
    }

    void tellAll(Meters meters) {
        for (MeterSource source : all()) {
            tell(source, meters);
        }
    }

    void tell(MeterSource source, Meters meters) {
        try {
            source.tell(meters);
        } catch (RuntimeException | LinkageError e) {
            failed(source.getClass().getName(), e);
        }
    }

    /** Once in the log for each thing: scrapes come every few seconds for ever. */
    void failed(String what, Throwable cause) {
        failures.increment();
        if (reported.size() < 1000 && reported.add(what)) {
            LOG.warn("{} cannot be measured, it is left out and not reported again: {}", what, cause.toString(), cause);
        }
    }

    @Override
    public void close() {
        tracker.close();
    }
}
