package io.millrace.broker.coordinator;

import java.util.ArrayList;
import java.util.List;

/** What one command decided: records to append, in order, and the time at which it was decided. */
public final class Journal {

    public static final long NO_PRODUCER = -1;

    /** @param producerId of the transaction the record belongs to, or {@link #NO_PRODUCER}; @param value null for a tombstone */
    public record Entry(long producerId, short producerEpoch, byte[] key, byte[] value) {
    }

    private final long now;
    private final List<Entry> entries = new ArrayList<>();

    public Journal(long now) {
        this.now = now;
    }

    /** Milliseconds since 1970. */
    public long now() {
        return now;
    }

    public void put(byte[] key, byte[] value) {
        entries.add(new Entry(NO_PRODUCER, (short) -1, key, value));
    }

    public void remove(byte[] key) {
        put(key, null);
    }

    /** Part of an open transaction: in force when it commits. */
    public void put(long producerId, short producerEpoch, byte[] key, byte[] value) {
        entries.add(new Entry(producerId, producerEpoch, key, value));
    }

    public List<Entry> entries() {
        return entries;
    }
}
