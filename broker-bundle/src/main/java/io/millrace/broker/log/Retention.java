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

    /** Asked from the first segment on, until it says no. An active segment goes only by age or start offset. */
    boolean takes(Segment segment, boolean active) {
        if (segment.endOffset() > readable || segment.bytes() == 0) {
            return false;
        }
        if (segment.endOffset() <= startOffset || isOld(segment) || !active && isSurplus(segment)) {
            bytes -= segment.bytes();
            return true;
        }
        return false;
    }

    private boolean isOld(Segment segment) {
        return limits.deleted() && limits.retentionMs() >= 0 && segment.maxTimestamp() >= 0 && now - segment.maxTimestamp() > limits.retentionMs();
    }

    private boolean isSurplus(Segment segment) {
        return limits.deleted() && limits.retentionBytes() >= 0 && bytes - segment.bytes() >= limits.retentionBytes();
    }
}
