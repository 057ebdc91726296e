package io.millrace.api.log;

import java.time.Duration;

/** Reads one partition's record batches in the broker's process. Thread-safe; a read costs no socket and no copy beyond the one out of the file. */
public interface LogReader {

    /** Offset of the first record that still exists. */
    long startOffset();

    /** Offset after the last record that may be read: the high watermark, or the last stable offset when only committed records are wanted. */
    long endOffset(Isolation isolation);

    /**
     * Reads whole batches from the one that contains {@code offset}; the first may begin before it. Does not block for new records.
     *
     * @param maxBytes bound of the slice in bytes; one batch is returned even if it is larger
     * @throws OffsetOutOfRangeException if {@code offset} is before {@link #startOffset()} or after the end
     * @throws java.io.UncheckedIOException if the log cannot be read
     */
    LogSlice read(long offset, int maxBytes, Isolation isolation);

    /**
     * Blocks until {@link #endOffset} is greater than {@code offset} or the time is up.
     *
     * @return whether there is something to read at {@code offset}
     */
    boolean awaitBeyond(long offset, Isolation isolation, Duration timeout) throws InterruptedException;

    /** Which records a reader may see (KIP-98). */
    enum Isolation { READ_UNCOMMITTED, READ_COMMITTED }
}
