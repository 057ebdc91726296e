package io.millrace.broker.log;

import java.nio.ByteBuffer;

/**
 * Up to where a log is durable or in a round of its folder's journal, round after round without a gap: what follows there can be journaled. Called with
 * the log's {@code appending} held.
 */
final class JournaledEnd {

    /** Null until a segment was synced once, so that its name is on the disk. */
    private Segment segment;
    private int position;
    private long offset;
    private boolean joining;

    /** Whether bytes of that segment can follow. */
    boolean isIn(Segment active) {
        return active == segment;
    }

    /** In the segment. */
    int position() {
        return position;
    }

    /** Of the record there. */
    long offset() {
        return offset;
    }

    void reaches(Segment in, int at, long next) {
        if (segment != in || position < at) {
            segment = in;
            position = at;
            offset = next;
        }
    }

    /** What follows is read back into the round, without the lock: nothing can be staged behind it until {@link #joined}. */
    void join() {
        joining = true;
    }

    void joined() {
        joining = false;
    }

    /**
     * Batches that were just appended are put into the round while they are at hand, if they follow.
     *
     * @param at where they begin in the segment
     */
    void stage(LogFlush log, GroupCommit folder, Segment active, int at, long baseOffset, long endOffset, ByteBuffer batches) {
        int end = at + batches.remaining();
        if (active == segment && at == position && !joining && folder.stage(log, baseOffset, endOffset, batches)) {
            reaches(active, end, endOffset);
        }
    }
}
