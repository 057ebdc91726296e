package io.millrace.broker.log.clean;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A segment of a log that is cleaned. Stays readable while the cleaner works on it, even if it is taken out of the log meanwhile. */
public interface CleanableSegment {

    long baseOffset();

    int bytes();

    /** Time of the first batch, in milliseconds; not positive if there is none. */
    long firstTimestamp();

    /** Greatest time of a record, in milliseconds; negative if there is none. */
    long maxTimestamp();

    /** A byte position at or before the batch that holds the offset. */
    int positionBefore(long offset);

    /** Fills the buffer from a byte position on, up to the end of the segment, and flips it. */
    void readInto(ByteBuffer buffer, int position) throws IOException;
}
