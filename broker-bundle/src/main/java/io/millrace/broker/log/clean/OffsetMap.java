package io.millrace.broker.log.clean;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * The latest offset of each key, in memory of fixed size: instead of a key its hash of 128 bits is kept, with a secret of this map, so
 * that two keys share one neither by chance nor by anybody's doing. Belongs to one thread, which closes it.
 */
final class OffsetMap implements AutoCloseable {

    /** Half a hash, the other half, the offset plus one: zero is an empty slot. */
    private static final int SLOT_BYTES = 24;
    private static final SecureRandom SECRETS = new SecureRandom();
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment slots;
    private final long capacity;
    private final long most;
    private final KeyHash hash = new KeyHash(SECRETS.nextLong(), SECRETS.nextLong());
    private long size;
    private long latestOffset = -1;

    /**
     * @param keys  how many keys there are at most, as far as is known
     * @param bytes bound of the memory
     */
    OffsetMap(long keys, long bytes, double loadFactor) {
        double wanted = Math.ceil(keys / loadFactor) + 1;
        this.capacity = (long) Math.max(2, Math.min(wanted, (double) (bytes / SLOT_BYTES)));
        this.most = Math.max(1, Math.min((long) (capacity * loadFactor), capacity - 1));
        try {
            this.slots = arena.allocate(capacity * SLOT_BYTES, Long.BYTES);
        } catch (OutOfMemoryError unavailable) {
            arena.close();
            throw new IllegalStateException("cannot note keys in " + capacity * SLOT_BYTES + " bytes (" + unavailable.getMessage()
                    + "); lower log.cleaner.dedupe.buffer.size", unavailable);
        }
    }

    /** Offsets come in rising order. @return false if there is no room for another key; then nothing changed */
    boolean put(ByteBuffer key, long offset) {
        long slot = find(key);
        if (isEmpty(slot)) {
            if (size >= most) {
                return false;
            }
            slots.set(LONG, slot, hash.first());
            slots.set(LONG, slot + 8, hash.second());
            size++;
        }
        slots.set(LONG, slot + 16, offset + 1);
        latestOffset = offset;
        return true;
    }

    /** The key's latest offset, or -1. */
    long get(ByteBuffer key) {
        return slots.get(LONG, find(key) + 16) - 1;
    }

    /** The key's slot, or the empty one that it would get. */
    private long find(ByteBuffer key) {
        hash.hash(key);
        long first = hash.first();
        long second = hash.second();
        long index = Math.unsignedMultiplyHigh(first, capacity);
        while (true) {
            long slot = index * SLOT_BYTES;
            if (isEmpty(slot) || slots.get(LONG, slot) == first && slots.get(LONG, slot + 8) == second) {
                return slot;
            }
            index = index + 1 == capacity ? 0 : index + 1;
        }
    }

    private boolean isEmpty(long slot) {
        return slots.get(LONG, slot + 16) == 0;
    }

    /** Everything up to there has been looked at. */
    void advance(long offset) {
        latestOffset = Math.max(latestOffset, offset);
    }

    /** The last offset that was looked at: of records after it nothing is known. -1 if none was. */
    long latestOffset() {
        return latestOffset;
    }

    long size() {
        return size;
    }

    /** Share of the slots in use. */
    double utilization() {
        return (double) size / capacity;
    }

    @Override
    public void close() {
        arena.close();
    }
}
