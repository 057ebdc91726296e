package io.millrace.broker.log.clean;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.metrics.KafkaName;
import java.nio.file.Path;
import java.util.function.ToDoubleFunction;

/** How compaction is doing: Kafka's log cleaner and its manager. */
public final class CleanerMeters {

    private static final Meter CLEANINGS = Meter.counter("millrace_log_cleaner_cleanings_total", "Logs compacted, once for each time.");
    private static final Meter READ = Meter.counter("millrace_log_cleaner_read_bytes_total", "Bytes read to compact logs.");
    private static final Meter WRITTEN = Meter.counter("millrace_log_cleaner_written_bytes_total", "Bytes of compacted logs written.");
    private static final Meter UNCLEANABLE = inFolder("uncleanable-partitions-count", "Logs that could not be compacted and grow until they can be.");
    private static final Meter UNCLEANABLE_BYTES = inFolder("uncleanable-bytes", "Bytes waiting in logs that could not be compacted.");

    private final LogCleaner cleaner;
    private final Tags folder;

    public CleanerMeters(LogCleaner cleaner, Path folder) {
        this.cleaner = cleaner;
        this.folder = Tags.of("logDirectory", folder.toString());
    }

    public void tell(Meters meters) {
        gauge(meters, "LogCleaner", "max-clean-time-secs", "Seconds that the longest of the last cleanings took.", CleanerStatus::maxCleanTimeSecs);
        gauge(meters, "LogCleaner", "max-buffer-utilization-percent", "How full the memory for keys got in the last cleanings.",
                CleanerStatus::maxBufferUtilizationPercent);
        gauge(meters, "LogCleaner", "cleaner-recopy-percent", "What the last cleanings kept of what they read.", CleanerStatus::recopyPercent);
        gauge(meters, "LogCleaner", "max-compaction-delay-secs", "By how many seconds a log exceeds its max.compaction.lag.ms.",
                CleanerStatus::maxCompactionDelaySecs);
        gauge(meters, "LogCleaner", "DeadThreadCount", "Compacting threads that ended though the node runs.", CleanerStatus::deadThreads);
        gauge(meters, "LogCleanerManager", "max-dirty-percent", "Share of uncompacted bytes of the dirtiest log.", CleanerStatus::maxDirtyPercent);
        gauge(meters, "LogCleanerManager", "time-since-last-run-ms", "Milliseconds since logs to compact were looked for.",
                CleanerStatus::timeSinceLastRunMs);
        meters.gauge(UNCLEANABLE, folder, () -> cleaner.status().uncleanable().size());
        meters.gauge(UNCLEANABLE_BYTES, folder, () -> cleaner.status().uncleanableBytes());
        meters.counter(CLEANINGS, Tags.NONE, () -> cleaner.status().cleanings());
        meters.counter(READ, Tags.NONE, () -> cleaner.status().bytesRead());
        meters.counter(WRITTEN, Tags.NONE, () -> cleaner.status().bytesWritten());
    }

    private void gauge(Meters meters, String type, String name, String help, ToDoubleFunction<CleanerStatus> value) {
        meters.gauge(KafkaName.gauge("log", type, name, help), Tags.NONE, () -> value.applyAsDouble(cleaner.status()));
    }

    private static Meter inFolder(String name, String help) {
        Meter plain = KafkaName.gauge("log", "LogCleanerManager", name, help);
        return plain.as(plain.mbean() + ",logDirectory={logDirectory}");
    }
}
