package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanableLog;
import io.millrace.broker.log.clean.CleanerHost;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A store's compacted logs, with a {@code cleaner-offset-checkpoint} beside them. */
final class CompactedLogs implements CleanerHost {

    private static final Logger LOG = LoggerFactory.getLogger(CompactedLogs.class);
    private static final String CHECKPOINT = "cleaner-offset-checkpoint";

    private final Collection<SegmentedLog> logs;

    /** @param logs all of the store as they come and go */
    CompactedLogs(Collection<SegmentedLog> logs) {
        this.logs = logs;
    }

    @Override
    public Collection<? extends CleanableLog> compactedLogs() {
        return all().filter(log -> log.log().limits().compacted() && log.isOnline()).toList();
    }

    private Stream<CompactedLog> all() {
        return logs.stream().map(CompactedLog::new);
    }

    private static OffsetCheckpoint beside(CompactedLog log) {
        return new OffsetCheckpoint(log.log().folder().resolveSibling(CHECKPOINT));
    }

    @Override
    public Map<CleanableLog, Long> readCleanedOffsets() {
        Map<CleanableLog, Long> offsets = new HashMap<>();
        all().collect(Collectors.groupingBy(CompactedLogs::beside)).forEach((checkpoint, logs) -> {
            Map<TopicPartition, Long> stored = read(checkpoint);
            for (CompactedLog log : logs) {
                if (stored.containsKey(log.partition())) {
                    offsets.put(log, stored.get(log.partition()));
                }
            }
        });
        return offsets;
    }

    private static Map<TopicPartition, Long> read(OffsetCheckpoint checkpoint) {
        try {
            return checkpoint.read();
        } catch (IOException | RuntimeException unreadable) {
            LOG.warn("{} cannot be read, so its logs are cleaned from their start: {}", checkpoint.file(), unreadable.toString());
            return Map.of();
        }
    }

    @Override
    public void writeCleanedOffsets(Map<CleanableLog, Long> offsets) throws IOException {
        Map<OffsetCheckpoint, List<CompactedLog>> files = all().collect(Collectors.groupingBy(CompactedLogs::beside));
        for (Map.Entry<OffsetCheckpoint, List<CompactedLog>> file : files.entrySet()) {
            Map<TopicPartition, Long> content = new HashMap<>();
            for (CompactedLog log : file.getValue()) {
                if (offsets.containsKey(log)) {
                    content.put(log.partition(), offsets.get(log));
                }
            }
            file.getKey().write(content);
        }
    }
}
