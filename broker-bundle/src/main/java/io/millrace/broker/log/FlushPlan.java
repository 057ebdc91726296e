package io.millrace.broker.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What one checkpoint of a folder brings to stable storage, and how. An fsync costs about the same however little it writes, so that with many logs those
 * that got little go to the folder's journal together. Their own files are synced when that is written again; those of idle logs, for which it may not
 * be for long, before that: some at a time, the longest idle ones first.
 *
 * @param synced    in their own files
 * @param journaled one portion after the other, so that who waits for an acknowledgement meanwhile waits for one portion at most
 */
record FlushPlan<L>(List<L> synced, List<List<L>> journaled) {

    /** In the journal more bytes of a log cost about as much as an fsync, and the disk writes them twice. */
    static final int FEW_BYTES = 16 * 1024;
    /** One checkpoint's part of the journal: a file of it must not be full all the time, since that makes the logs be synced after all. */
    static final int MOST_JOURNALED_BYTES = 8 * 1024 * 1024;
    static final int PORTION_BYTES = 256 * 1024;
    private static final int MOST_IN_PORTION = 500;

    /**
     * What a checkpoint finds of a log whose own files lack something.
     *
     * @param bytes      that are not on stable storage; {@link Integer#MAX_VALUE} if the journal cannot take them
     * @param idleChecks for how many checkpoints nothing was appended
     */
    record Backlog<L>(L log, int bytes, int idleChecks) {}

    /** @param fewLogs so many fsyncs are no matter */
    static <L> FlushPlan<L> of(List<Backlog<L>> backlogs, int fewLogs) {
        List<L> synced = new ArrayList<>();
        List<Backlog<L>> small = new ArrayList<>();
        List<Backlog<L>> idle = new ArrayList<>();
        long smallBytes = 0;
        for (Backlog<L> backlog : backlogs) {
            if (backlog.bytes > FEW_BYTES) {
                synced.add(backlog.log);
            } else if (backlog.bytes > 0) {
                small.add(backlog);
                smallBytes += backlog.bytes;
            } else if (backlog.idleChecks > 0) {
                idle.add(backlog);
            }
        }
        idle.sort(Comparator.comparingInt(backlog -> -backlog.idleChecks));
        idle.stream().limit(fewLogs).forEach(backlog -> synced.add(backlog.log));
        if (small.size() <= fewLogs) {
            small.forEach(backlog -> synced.add(backlog.log));
            return new FlushPlan<>(synced, List.of());
        }
        if (smallBytes > MOST_JOURNALED_BYTES) {
            small.sort(Comparator.comparingInt(Backlog::bytes));
        }
        return new FlushPlan<>(synced, portions(small, synced));
    }

    private static <L> List<List<L>> portions(List<Backlog<L>> small, List<L> tooMany) {
        List<List<L>> portions = new ArrayList<>();
        List<L> portion = List.of();
        int left = 0;
        long journaled = 0;
        for (Backlog<L> backlog : small) {
            journaled += backlog.bytes;
            if (journaled > MOST_JOURNALED_BYTES) {
                tooMany.add(backlog.log);
                continue;
            }
            if (portions.isEmpty() || left < backlog.bytes || portion.size() == MOST_IN_PORTION) {
                portion = new ArrayList<>();
                portions.add(portion);
                left = PORTION_BYTES;
            }
            left -= backlog.bytes;
            portion.add(backlog.log);
        }
        return portions;
    }
}
