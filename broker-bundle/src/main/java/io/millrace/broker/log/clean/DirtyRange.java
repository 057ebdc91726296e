package io.millrace.broker.log.clean;

import java.util.List;

/**
 * What of a log could be cleaned now. Decides only; no clock, no I/O.
 *
 * @param firstDirty   everything before was cleaned
 * @param until        exclusive: the first segment that must not be cleaned yet begins here
 * @param cleanBytes   size of the segments before the dirty ones
 * @param dirtyBytes   size of the segments that could be cleaned
 * @param overdueMs    for how long {@code max.compaction.lag.ms} is exceeded; 0 if it is not
 * @param invalidStart whether the offset up to which the log was thought to be clean was none of the log
 */
record DirtyRange(long firstDirty, long until, long cleanBytes, long dirtyBytes, long overdueMs, boolean invalidStart) {

    /** @param cleanedUntil where the last cleaning ended, or -1 */
    static DirtyRange of(CleanableLog log, long cleanedUntil, long now) {
        CompactionPolicy policy = log.policy();
        List<? extends CleanableSegment> segments = log.segments();
        long start = log.startOffset();
        boolean invalid = cleanedUntil > log.endOffset() || cleanedUntil >= 0 && cleanedUntil < start;
        long first = invalid || cleanedUntil < 0 ? start : cleanedUntil;
        long until = Math.min(log.settledOffset(), segments.getLast().baseOffset());
        long earliest = Long.MAX_VALUE;
        for (int i = 0; i < segments.size() - 1; i++) {
            CleanableSegment segment = segments.get(i);
            if (segments.get(i + 1).baseOffset() <= first) {
                continue;
            }
            if (policy.minLagMs() > 0 && segment.maxTimestamp() > now - policy.minLagMs()) {
                until = Math.min(until, segment.baseOffset());
            }
            // Only then, since it may have to be read.
            if (policy.maxLagMs() < Long.MAX_VALUE && segment.firstTimestamp() > 0) {
                earliest = Math.min(earliest, segment.firstTimestamp());
            }
        }
        long clean = 0;
        long dirty = 0;
        long boundary = segments.getFirst().baseOffset();
        for (int i = 0; i < segments.size() - 1; i++) {
            // Segments are cleaned as a whole: one in which the limit lies has to wait.
            long next = segments.get(i + 1).baseOffset();
            if (next > until) {
                break;
            }
            boundary = next;
            if (next <= first) {
                clean += segments.get(i).bytes();
            } else {
                dirty += segments.get(i).bytes();
            }
        }
        long longest = Math.max(0, policy.maxLagMs());
        long overdue = earliest != Long.MAX_VALUE && longest < now && earliest < now - longest ? now - longest - earliest : 0;
        return new DirtyRange(first, boundary, clean, dirty, overdue, invalid);
    }

    double ratio() {
        return dirtyBytes == 0 ? 0 : (double) dirtyBytes / (cleanBytes + dirtyBytes);
    }

    boolean isWorthCleaning(CompactionPolicy policy) {
        return dirtyBytes > 0 && firstDirty < until && (overdueMs > 0 || ratio() > policy.minDirtyRatio());
    }
}
