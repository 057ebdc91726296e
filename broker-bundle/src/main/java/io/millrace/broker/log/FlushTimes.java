package io.millrace.broker.log;

import io.millrace.api.metrics.Distribution;

/** Fsyncs of logs: how long each took, in microseconds, and how many records it made durable. Thread-safe. */
public final class FlushTimes {

    private final Distribution times = new Distribution();
    private final Distribution records = new Distribution();

    void flushed(long nanos, long newlyDurable) {
        times.recordNanos(nanos);
        records.record(newlyDurable);
    }

    public Distribution times() {
        return times;
    }

    public Distribution records() {
        return records;
    }
}
