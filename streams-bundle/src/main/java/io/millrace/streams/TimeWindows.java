package io.millrace.streams;

import java.time.Duration;

/**
 * Windows of fixed size, aligned to 1970: tumbling, or hopping if the advance is smaller than the size.
 *
 * @param size    in milliseconds
 * @param advance in milliseconds, at most the size
 * @param grace   how long after its end, in milliseconds of event time, a window takes records
 */
public record TimeWindows(long size, long advance, long grace) {

    public TimeWindows {
        if (size <= 0) {
            throw new IllegalArgumentException("window size is " + size + " ms; it must be at least 1 ms");
        }
        if (advance <= 0 || advance > size) {
            throw new IllegalArgumentException("window advance is " + advance + " ms; it must be between 1 ms and the size, " + size + " ms");
        }
        if (grace < 0) {
            throw new IllegalArgumentException("grace is " + grace + " ms; it must not be negative");
        }
    }

    public static TimeWindows ofSizeAndGrace(Duration size, Duration grace) {
        return new TimeWindows(size.toMillis(), size.toMillis(), grace.toMillis());
    }

    public static TimeWindows ofSizeWithNoGrace(Duration size) {
        return ofSizeAndGrace(size, Duration.ZERO);
    }

    public TimeWindows advanceBy(Duration advance) {
        return new TimeWindows(size, advance.toMillis(), grace);
    }

    /** @return start of the first window, at or after 0, that holds the timestamp */
    public long firstStart(long timestamp) {
        return Math.max(0, timestamp - size + advance) / advance * advance;
    }
}
