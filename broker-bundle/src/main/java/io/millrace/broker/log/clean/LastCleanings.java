package io.millrace.broker.log.clean;

import java.util.Arrays;

/** Of each cleaner thread the last cleaning, as Kafka's gauges show them. Not thread-safe. */
final class LastCleanings {

    private final CleaningReport[] reports;
    private final long[] millis;

    LastCleanings(int threads) {
        reports = new CleaningReport[threads];
        millis = new long[threads];
    }

    void add(int number, CleaningReport report, long took) {
        if (number >= reports.length) {
            // Of a thread that took long to end after there had to be fewer.
            return;
        }
        reports[number] = report;
        millis[number] = took;
    }

    int maxUtilizationPercent() {
        return (int) (100 * Arrays.stream(reports).mapToDouble(report -> report == null ? 0 : report.utilization()).max().orElse(0));
    }

    int recopyPercent() {
        long read = Arrays.stream(reports).mapToLong(report -> report == null ? 0 : report.bytesBefore()).sum();
        long written = Arrays.stream(reports).mapToLong(report -> report == null ? 0 : report.bytesAfter()).sum();
        return (int) (100.0 * written / Math.max(read, 1));
    }

    long maxSeconds() {
        return Arrays.stream(millis).max().orElse(0) / 1_000;
    }
}
