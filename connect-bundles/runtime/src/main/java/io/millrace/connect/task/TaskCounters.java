package io.millrace.connect.task;

import io.millrace.api.metrics.Distribution;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a task has done since the connector was started, over all its restarts. Written by the task, read by anybody. */
public final class TaskCounters {

    private final LongAdder records = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder batches = new LongAdder();
    private final LongAdder commits = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder taken = new LongAdder();
    private final LongAdder failedRecords = new LongAdder();
    private final LongAdder failedCommits = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder loggedErrors = new LongAdder();
    private final LongAdder deadLetters = new LongAdder();
    private final LastErrors lastErrors = new LastErrors();
    private final Distribution pluginTimes = new Distribution();
    private final Distribution conversionTimes = new Distribution();
    private final Distribution commitTimes = new Distribution();
    private final Distribution batchSizes = new Distribution();
    // Single values: one writer, any number of readers.
    private volatile long lastCommitMs;
    private volatile long lastErrorMs;
    private volatile int partitions;
    private volatile long lag = -1;
    private volatile String lastError = "";

    /** Records came from the plugin (source) or from Kafka (sink). */
    public void took(long ofRecords) {
        taken.add(ofRecords);
    }

    /** A call of {@code poll()} that brought something, or of {@code put()}. */
    public void called(long nanos) {
        pluginTimes.recordNanos(nanos);
    }

    /** A batch went through converters and transformations. */
    public void converted(long nanos) {
        conversionTimes.recordNanos(nanos);
    }

    /** A batch is delivered: written to Kafka, or put. */
    public void batch(long ofRecords, long ofBytes) {
        batches.increment();
        batchSizes.record(ofRecords);
        records.add(ofRecords);
        bytes.add(ofBytes);
    }

    public void committed(long nowMs, long nanos) {
        commits.increment();
        commitTimes.recordNanos(nanos);
        lastCommitMs = nowMs;
    }

    public void commitFailed() {
        failedCommits.increment();
    }

    public void retried() {
        retries.increment();
    }

    /** A record could not be converted or transformed, or its connector reported it. */
    public void recordFailed(LastErrors.Entry error, boolean logged) {
        error(error);
        failedRecords.increment();
        if (logged) {
            loggedErrors.increment();
        }
    }

    public void deadLetter() {
        deadLetters.increment();
    }

    /** Partitions that a sink task has. */
    public void partitions(int count) {
        partitions = count;
    }

    /** A record was dropped after an error that is tolerated. */
    public void skipped() {
        skipped.increment();
    }

    /** The connector asked to be called again. */
    public void retriedAfter(RuntimeException failure) {
        error(new LastErrors.Entry(System.currentTimeMillis(), "", "", failure.getClass().getName(), failure.getMessage(), Map.of(), LastErrors.Fate.RETRIED));
    }

    /** @param brief one line of what failed */
    public void taskFailed(Throwable failure, String brief) {
        error(new LastErrors.Entry(System.currentTimeMillis(), "", "", failure.getClass().getName(), brief, Map.of(), LastErrors.Fate.FAILED));
    }

    private void error(LastErrors.Entry error) {
        errors.increment();
        lastErrorMs = error.timeMs();
        lastError = error.stage().isEmpty() ? error.message() : error.stage() + " " + error.className() + ": " + error.message();
        lastErrors.add(error);
    }

    public LastErrors lastErrors() {
        return lastErrors;
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

    public long taken() {
        return taken.sum();
    }

    public long delivered() {
        return records.sum();
    }

    public long deliveredBytes() {
        return bytes.sum();
    }

    public long commits() {
        return commits.sum();
    }

    public long failedCommits() {
        return failedCommits.sum();
    }

    public long retries() {
        return retries.sum();
    }

    public long errors() {
        return errors.sum();
    }

    public long failedRecords() {
        return failedRecords.sum();
    }

    public long skippedRecords() {
        return skipped.sum();
    }

    public long loggedErrors() {
        return loggedErrors.sum();
    }

    public long deadLetters() {
        return deadLetters.sum();
    }

    public int partitions() {
        return partitions;
    }

    /** -1 where it is not known. */
    public long lag() {
        return lag;
    }

    /** Milliseconds since 1970; 0 for never. */
    public long lastErrorMs() {
        return lastErrorMs;
    }

    /** Microseconds of {@code poll()} or {@code put()}. */
    public Distribution pluginTimes() {
        return pluginTimes;
    }

    /** Microseconds. */
    public Distribution conversionTimes() {
        return conversionTimes;
    }

    /** Microseconds. */
    public Distribution commitTimes() {
        return commitTimes;
    }

    public Distribution batchSizes() {
        return batchSizes;
    }
}
