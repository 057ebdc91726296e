package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    /** So many logs that got something are synced in their own files, and so many idle ones that have it in the journal. */
    private static final int FEW_SYNCED = 20;
    /** Logs with files to be written beside the segments: those of the others have their turn at the next checkpoint, what was appended must not wait. */
    private static final int MOST_WRITTEN = 50;
    /** One of so many recovery points that changed makes the file be written, and so does one that has waited for so many checkpoints. */
    private static final int MUCH = 10;
    private static final int MOST_OWED = 10;

    private final OffsetCheckpoint file;
    private final Collection<SegmentedLog> logs;
    private final DiskSpace space;
    private final Consumer<Exception> onFailure;
    /** What the file holds; guarded by this. */
    private Map<TopicPartition, Long> stored = Map.of();
    /** Of {@link #run}'s thread: how many logs the file tells of, and for how many checkpoints it may lack something. */
    private int told = -1;
    private int owed;
    /** Likewise: whose turn it is to be stored. */
    private int turn;

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
        run(FEW_SYNCED);
    }

    /** @param fewSynced logs that are synced in their own files rather than journaled */
    void run(int fewSynced) {
        List<SegmentedLog> present = List.copyOf(logs);
        boolean large = flush(present, fewSynced);
        boolean stored = store(present);
        if (stored || owed > 0 || present.size() != told) {
            owed++;
            try {
                if (large || present.size() != told || owed > MOST_OWED || isMuchNew(present)) {
                    write(Map.of());
                    told = present.size();
                    owed = 0;
                }
            } catch (IOException e) {
                notWritten(file.file(), e);
            }
        }
    }

    /** @return whether a recovery point may have moved */
    private boolean store(List<SegmentedLog> present) {
        int completed = 0;
        int written = 0;
        boolean stored = false;
        int from = turn < present.size() ? turn : 0;
        for (int i = 0; i < present.size() && written < MOST_WRITTEN; i++) {
            turn = (from + i + 1) % present.size();
            SegmentedLog log = present.get((from + i) % present.size());
            try {
                if (log.checkpoint().isOwed()) {
                    stored = true;
                    written += log.checkpoint().store(false) ? 1 : 0;
                }
                if (completed < MOST_COMPLETED && log.checkpoint().isIdle()) {
                    log.checkpoint().complete();
                    completed++;
                    stored = true;
                }
            } catch (IOException | RuntimeException e) {
                notWritten(log.folder(), e);
            }
        }
        return stored;
    }

    /** @return whether there was so much of a log that the next start should not read it again */
    private static boolean flush(List<SegmentedLog> present, int fewSynced) {
        List<FlushPlan.Backlog<SegmentedLog>> backlogs = new ArrayList<>();
        for (SegmentedLog log : present) {
            int idleChecks = log.checkpoint().look();
            if (log.isOnline() && log.flush().syncedOffset() < log.endOffset()) {
                backlogs.add(new FlushPlan.Backlog<>(log, log.flush().backlog(), idleChecks));
            }
        }
        FlushPlan<SegmentedLog> plan = FlushPlan.of(backlogs, fewSynced);
        plan.synced().forEach(log -> log.flush().run());
        for (List<SegmentedLog> portion : plan.journaled()) {
            List<Long> ends = portion.stream().map(SegmentedLog::endOffset).toList();
            portion.forEach(log -> log.flush().request());
            for (int i = 0; i < ends.size(); i++) {
                portion.get(i).flush().awaitRequested(ends.get(i));
            }
        }
        return backlogs.stream().anyMatch(backlog -> backlog.bytes() > FlushPlan.FEW_BYTES);
    }

    /** A file that tells of many logs is not written for each of them: where it lags behind, the next start reads a little more. */
    private synchronized boolean isMuchNew(List<SegmentedLog> present) {
        long changed = present.stream().filter(log -> !Long.valueOf(log.checkpoint().recoveryPoint()).equals(stored.get(log.topicPartition()))).count();
        return changed * MUCH >= present.size();
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
