package io.millrace.connect.task;

import java.util.concurrent.atomic.LongAdder;

/** What a task has done since the connector was started, over all its restarts. Written by the task, read by anybody. */
public final class TaskCounters {

    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder commits = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder errors = new LongAdder();
    // Single values: one writer, any number of readers.
    private volatile long lastCommitMs;
    private volatile long lag = -1;
    private volatile String lastError = "";

    public void batch(long ofRecords, long ofBytes) {
        batches.increment();
        records.add(ofRecords);
        bytes.add(ofBytes);
    }

    public void committed(long nowMs) {
        commits.increment();
        lastCommitMs = nowMs;
    }

    /** A record was dropped after an error that is tolerated. */
    public void skipped() {
        skipped.increment();
    }

    public void error(String message) {
        errors.increment();
        lastError = message;
    }

    /** Records between the consumer and the end of its partitions. */
    public void lag(long newLag) {
        lag = newLag;
    }

    /** @param lag -1 where it is not known */
    public record Snapshot(long records, long bytes, long batches, long commits, long skipped, long errors, long lastCommitMs, long lag, String lastError) {}

    public Snapshot snapshot() {
        return new Snapshot(records.sum(), bytes.sum(), batches.sum(), commits.sum(), skipped.sum(), errors.sum(), lastCommitMs, lag, lastError);
    }
}
