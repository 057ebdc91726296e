package io.millrace.broker.log;

/**
 * Which of a log's first segments nobody wants any more: those before the start offset, too old, or more than the size that is kept. What
 * consumers cannot have read yet stays. Decides only; no clock, no I/O.
 */
final class Retention {

    private final LogLimits limits;
    private final long startOffset;
    private final long readable;
    private final long now;
    private long bytes;

    /**
     * @param bytes    size of the log, which shrinks as segments are taken
     * @param readable up to where consumers can have read
     */
    Retention(LogLimits limits, long bytes, long startOffset, long readable, long now) {
        this.limits = limits;
        this.bytes = bytes;
        this.startOffset = startOffset;
        this.readable = readable;
        this.now = now;
    }

    /** Asked for each segment from the first on, until it says no. The active one may be taken, too, once it is sealed. */
    boolean takes(Segment segment, boolean active) {
        return takes(segment.endOffset(), segment.bytes(), segment.newestTime(), active);
    }

    boolean takes(long endOffset, int segmentBytes, long newestTime, boolean active) {
        // Cleaning may have left nothing of one that is not active: that one goes as others do.
        if (endOffset > readable || active && segmentBytes == 0) {
            return false;
        }
        boolean old = limits.deleted() && limits.retentionMs() >= 0 && now - newestTime > limits.retentionMs();
        boolean surplus = limits.deleted() && limits.retentionBytes() >= 0 && bytes - segmentBytes >= limits.retentionBytes();
        if (endOffset <= startOffset || old || surplus) {
            bytes -= segmentBytes;
            return true;
        }
        return false;
    }
}
