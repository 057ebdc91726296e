package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A segment's index files, searched where they are: small ones are read, larger ones mapped, so that they cost no heap. Kafka's preallocated
 * files, which end in zeros, are understood.
 */
final class StoredIndex implements SparseIndex {

    private static final int WORTH_MAPPING = 16 * 1024;

    private final ByteBuffer offsets;
    private final ByteBuffer times;
    private final int entries;
    private final int timeEntries;

    private StoredIndex(ByteBuffer offsets, ByteBuffer times) {
        this.offsets = offsets;
        this.times = times;
        this.entries = filled(offsets, OFFSET_ENTRY, 4);
        this.timeEntries = filledTimes(times);
    }

    /** @return the index, or null if the files are missing or cannot be those of a segment of that size */
    static StoredIndex open(Path offsetIndex, Path timeIndex, int segmentBytes) throws IOException {
        ByteBuffer offsets = load(offsetIndex, OFFSET_ENTRY);
        ByteBuffer times = load(timeIndex, TIME_ENTRY);
        if (offsets == null || times == null) {
            return null;
        }
        StoredIndex index = new StoredIndex(offsets, times);
        return index.isPlausible(segmentBytes) ? index : null;
    }

    /** The greatest time of a segment whose index is complete, or -1 if the file does not tell. */
    static long lastTime(Path timeIndex) throws IOException {
        try (FileChannel channel = FileChannel.open(timeIndex, StandardOpenOption.READ)) {
            long last = channel.size() - TIME_ENTRY;
            ByteBuffer entry = ByteBuffer.allocate(TIME_ENTRY);
            if (last < 0 || channel.read(entry, last) < TIME_ENTRY || entry.getInt(8) == 0) {
                return -1;
            }
            return entry.getLong(0);
        } catch (NoSuchFileException _) {
            return -1;
        }
    }

    private static ByteBuffer load(Path file, int entry) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE || size % entry != 0) {
                return null;
            }
            return size < WORTH_MAPPING ? ByteBuffer.wrap(Files.readAllBytes(file)) : channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    private boolean isPlausible(int segmentBytes) {
        if (entries > 0 && (offset(entries - 1) < 0 || position(entries - 1) < 0 || position(entries - 1) >= segmentBytes)) {
            return false;
        }
        // Ends and middle in order: what is wrong in between shows when it is used.
        int middle = entries / 2;
        return entries < 2 || offset(0) <= offset(middle) && offset(middle) <= offset(entries - 1) && position(0) <= position(middle)
                && position(middle) <= position(entries - 1);
    }

    /** Entries before the zeros that a preallocated file ends in; no entry but the first can be of position 0. */
    private static int filled(ByteBuffer buffer, int entry, int at) {
        int low = 0;
        int high = buffer.limit() / entry;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (buffer.getInt(middle * entry + at) == 0 && buffer.getInt(middle * entry) == 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private static int filledTimes(ByteBuffer buffer) {
        int low = 0;
        int high = buffer.limit() / TIME_ENTRY;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (buffer.getLong(middle * TIME_ENTRY) == 0 && buffer.getInt(middle * TIME_ENTRY + 8) == 0) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Whether every entry follows the one before it: looks at all of them. */
    boolean isOrdered() {
        for (int i = 1; i < entries; i++) {
            if (offset(i) <= offset(i - 1) || position(i) <= position(i - 1)) {
                return false;
            }
        }
        for (int i = 1; i < timeEntries; i++) {
            if (time(i) < time(i - 1) || timeOffset(i) < timeOffset(i - 1)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int entries() {
        return entries;
    }

    @Override
    public int offset(int entry) {
        return offsets.getInt(entry * OFFSET_ENTRY);
    }

    @Override
    public int position(int entry) {
        return offsets.getInt(entry * OFFSET_ENTRY + 4);
    }

    @Override
    public int timeEntries() {
        return timeEntries;
    }

    @Override
    public long time(int timeEntry) {
        return times.getLong(timeEntry * TIME_ENTRY);
    }

    @Override
    public int timeOffset(int timeEntry) {
        return times.getInt(timeEntry * TIME_ENTRY + 8);
    }
}
