package io.millrace.streams;

import java.time.Instant;

/** A span of event time in milliseconds: {@code start} belongs to it, {@code end} does not. */
public record Window(long start, long end) {

    public Instant startTime() {
        return Instant.ofEpochMilli(start);
    }

    public Instant endTime() {
        return Instant.ofEpochMilli(end);
    }
}
