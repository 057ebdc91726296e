package io.millrace.streams.job;

import io.millrace.api.metrics.Distribution;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a job has done since the node started, over all its restarts and hand-overs; what was not committed when it failed is counted again. Written
 * by its workers at each commit, read by anybody.
 */
final class JobCounters {

    private final LongAdder processed = new LongAdder();
    private final LongAdder written = new LongAdder();
    private final LongAdder late = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder restarts = new LongAdder();
    private final Distribution commitTimes = new Distribution();
    private final Distribution commitRecords = new Distribution();

    void processed(long records, long lateRecords, long droppedRecords) {
        processed.add(records);
        late.add(lateRecords);
        dropped.add(droppedRecords);
    }

    void committed(long nanos, long recordsWritten) {
        commitTimes.recordNanos(nanos);
        commitRecords.record(recordsWritten);
        written.add(recordsWritten);
    }

    void restarted() {
        restarts.increment();
    }

    long processed() {
        return processed.sum();
    }

    long written() {
        return written.sum();
    }

    long late() {
        return late.sum();
    }

    long dropped() {
        return dropped.sum();
    }

    long restarts() {
        return restarts.sum();
    }

    /** Microseconds. */
    Distribution commitTimes() {
        return commitTimes;
    }

    Distribution commitRecords() {
        return commitRecords;
    }
}
