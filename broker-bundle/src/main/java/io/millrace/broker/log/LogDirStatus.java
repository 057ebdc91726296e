package io.millrace.broker.log;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * A log folder as it is at a moment.
 *
 * @param failure     why it is offline, if it is
 * @param totalBytes  of its disk, or -1 if that is not known
 * @param usableBytes of its disk, or -1 if that is not known
 * @param cordoned    whether it gets no new partitions
 */
public record LogDirStatus(Path folder, Optional<String> failure, long totalBytes, long usableBytes, boolean cordoned, List<Replica> replicas) {

    /**
     * @param offsetLag how far behind a copy is that is being made
     * @param future    whether it is such a copy
     */
    public record Replica(TopicPartition partition, long bytes, long offsetLag, boolean future) {}

    static LogDirStatus of(LogDir dir, boolean cordoned, List<SegmentedLog> logs, List<LogMove> arriving) {
        if (dir.offline() != null) {
            return new LogDirStatus(dir.path(), Optional.of(dir.offline().getMessage()), -1, -1, cordoned, List.of());
        }
        List<Replica> replicas = new ArrayList<>();
        for (SegmentedLog log : logs) {
            replicas.add(new Replica(log.topicPartition(), log.size(), Math.max(0, log.highWatermark() - log.endOffset()), false));
        }
        for (LogMove move : arriving) {
            // One that has arrived is no copy any more.
            if (!logs.contains(move.log())) {
                replicas.add(new Replica(move.log().topicPartition(), move.copiedBytes(), Math.max(0, move.log().endOffset() - move.copiedUntil()), true));
            }
        }
        long total = dir.path().toFile().getTotalSpace();
        return new LogDirStatus(dir.path(), Optional.empty(), total > 0 ? total : -1, total > 0 ? dir.path().toFile().getUsableSpace() : -1, cordoned, replicas);
    }
}
