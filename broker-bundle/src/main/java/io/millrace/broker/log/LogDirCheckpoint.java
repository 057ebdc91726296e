package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints of a log folder: of each of its logs, and the file of recovery points, which says up to where each one need not be looked at by the next
 * start. Thread-safe.
 */
final class LogDirCheckpoint {

    private static final Logger LOG = LoggerFactory.getLogger(LogDirCheckpoint.class);
    /** Idle logs that one checkpoint makes ready for a stop: it costs each a few syncs. */
    private static final int MOST_COMPLETED = 20;

    private final OffsetCheckpoint file;
    private final Collection<SegmentedLog> logs;
    private final DiskSpace space;
    private final Consumer<Exception> onFailure;
    /** What the file holds; guarded by this. */
    private Map<TopicPartition, Long> stored = Map.of();
    /** Of {@link #run}'s thread: how many logs the file tells of, and whether it lacks what was to be written. */
    private int told = -1;
    private boolean owed;

    /**
     * @param logs      those in the folder, as they come and go
     * @param onFailure told of what the disk did
     */
    LogDirCheckpoint(OffsetCheckpoint file, Collection<SegmentedLog> logs, DiskSpace space, Consumer<Exception> onFailure) {
        this.file = file;
        this.logs = logs;
        this.space = space;
        this.onFailure = onFailure;
    }

    /** What a start found. */
    synchronized void begin(Map<TopicPartition, Long> points) {
        stored = points;
    }

    /** Brings to disk what was appended, and beside it what makes the next start quick. One thread does it, again and again. */
    void run() {
        int completed = 0;
        boolean moved = false;
        for (SegmentedLog log : logs) {
            try {
                if (log.checkpoint().recoveryPoint() < log.endOffset()) {
                    moved = true;
                    log.checkpoint().write();
                }
                if (log.checkpoint().isIdle() && completed < MOST_COMPLETED) {
                    log.checkpoint().complete();
                    completed++;
                }
            } catch (IOException | RuntimeException e) {
                notWritten(log.folder(), e);
            }
        }
        if (moved || owed || logs.size() != told) {
            owed = true;
            try {
                write(Map.of());
                told = logs.size();
                owed = false;
            } catch (IOException e) {
                notWritten(file.file(), e);
            }
        }
    }

    /** The next start reads the log for it. A full disk was told of once. */
    private void notWritten(Path where, Exception e) {
        if (space.isScarce()) {
            LOG.debug("{}: not written, the disk is full: {}", where, e.toString());
            return;
        }
        LOG.warn("{}: what makes the next start quick cannot be written, it is tried again: {}", where, e.toString());
        if (e instanceof IOException disk && !DiskSpace.isShortage(disk)) {
            onFailure.accept(disk);
        }
    }

    /** Durable on return. @param arriving recovery points of logs that are about to be here */
    synchronized void write(Map<TopicPartition, Long> arriving) throws IOException {
        Map<TopicPartition, Long> points = new HashMap<>(arriving);
        logs.forEach(log -> points.put(log.topicPartition(), log.checkpoint().recoveryPoint()));
        if (!points.equals(stored)) {
            file.write(points);
            stored = points;
        }
    }

    /** Logs were made. What the file says of deleted ones of the same names would vouch for bytes of theirs that nobody synced. */
    synchronized void begun(List<SegmentedLog> made) throws IOException {
        if (made.stream().anyMatch(log -> stored.containsKey(log.topicPartition()))) {
            write(Map.of());
        }
    }
}
