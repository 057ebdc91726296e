package io.millrace.broker.log.clean;

import java.time.Duration;

/**
 * How much a node spends on cleaning, with Kafka's meanings.
 *
 * @param threads            {@code log.cleaner.threads}
 * @param backoff            {@code log.cleaner.backoff.ms}: how long a thread rests that found nothing to clean
 * @param dedupeBufferBytes  {@code log.cleaner.dedupe.buffer.size}: bound of the memory in which all threads note keys
 * @param loadFactor         {@code log.cleaner.io.buffer.load.factor}: how full that memory may get, more than 0 and at most 1
 * @param ioBufferBytes      {@code log.cleaner.io.buffer.size}: of all threads; one that meets a larger batch takes what the batch needs
 * @param maxBytesPerSecond  {@code log.cleaner.io.max.bytes.per.second}: bound of what all threads read and write
 * @param retry              how long a log that could not be cleaned is left alone; doubled with each failure in a row, up to 64 times
 */
public record CleanerConfig(int threads, Duration backoff, long dedupeBufferBytes, double loadFactor, int ioBufferBytes, double maxBytesPerSecond,
                            Duration retry) {

    private static final long LEAST_DEDUPE_BYTES = 1 << 20;

    public CleanerConfig {
        if (dedupeBufferBytes / threads < LEAST_DEDUPE_BYTES) {
            throw new IllegalStateException("log.cleaner.dedupe.buffer.size=" + dedupeBufferBytes + " is less than 1 MiB for each of log.cleaner.threads="
                    + threads + "; make it at least " + LEAST_DEDUPE_BYTES * threads);
        }
        if (!(loadFactor > 0 && loadFactor <= 1)) {
            throw new IllegalStateException("log.cleaner.io.buffer.load.factor=" + loadFactor + " is out of range; it must be more than 0 and at most 1");
        }
        if (!(maxBytesPerSecond > 0)) {
            throw new IllegalStateException("log.cleaner.io.max.bytes.per.second=" + maxBytesPerSecond + " is out of range; it must be more than 0");
        }
    }

    public static CleanerConfig standard() {
        return new CleanerConfig(1, Duration.ofSeconds(15), 128L << 20, 0.9, 512 << 10, Double.MAX_VALUE, Duration.ofSeconds(30));
    }
}
