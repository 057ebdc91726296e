package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A segment's offset index and time index: every few kilobytes, where a batch begins and the greatest time before it. Kept in memory and
 * written in Kafka's {@code .index} and {@code .timeindex} formats when the segment is sealed; a lost file is rebuilt from the segment.
 *
 * <p>One thread adds, others look up meanwhile: the arrays grow by copy, and {@code count} is published last.
 */
final class SparseIndex {

    private static final int OFFSET_ENTRY = 8;
    private static final int TIME_ENTRY = 12;

    private volatile Entries entries = new Entries(new int[16], new int[16], new long[16], 0);

    private record Entries(int[] offsets, int[] positions, long[] times, int count) {}

    /** @param time greatest timestamp in the segment up to and with the batch at {@code position} */
    void add(int relativeOffset, int position, long time) {
        Entries now = entries;
        int[] offsets = now.offsets;
        int[] positions = now.positions;
        long[] times = now.times;
        if (now.count == offsets.length) {
            offsets = Arrays.copyOf(offsets, now.count * 2);
            positions = Arrays.copyOf(positions, now.count * 2);
            times = Arrays.copyOf(times, now.count * 2);
        }
        offsets[now.count] = relativeOffset;
        positions[now.count] = position;
        times[now.count] = time;
        entries = new Entries(offsets, positions, times, now.count + 1);
    }

    /** A position at or before the batch that holds the offset. */
    int positionBefore(int relativeOffset) {
        Entries now = entries;
        int at = floor(Arrays.binarySearch(now.offsets, 0, now.count, relativeOffset));
        return at < 0 ? 0 : now.positions[at];
    }

    /** The greatest indexed batch position at most {@code position}. */
    int batchBefore(int position) {
        Entries now = entries;
        int at = floor(Arrays.binarySearch(now.positions, 0, now.count, position));
        return at < 0 ? 0 : now.positions[at];
    }

    /** A position before which every record is older than {@code time}. */
    int positionBeforeTime(long time) {
        Entries now = entries;
        int low = 0;
        int high = now.count - 1;
        int position = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (now.times[middle] < time) {
                position = now.positions[middle];
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return position;
    }

    private static int floor(int found) {
        return found >= 0 ? found : -found - 2;
    }

    void write(Path offsetIndex, Path timeIndex) throws IOException {
        Entries now = entries;
        ByteBuffer offsets = ByteBuffer.allocate(now.count * OFFSET_ENTRY);
        ByteBuffer times = ByteBuffer.allocate(now.count * TIME_ENTRY);
        long last = Long.MIN_VALUE;
        for (int i = 0; i < now.count; i++) {
            offsets.putInt(now.offsets[i]).putInt(now.positions[i]);
            if (now.times[i] > last) {
                last = now.times[i];
                times.putLong(last).putInt(now.offsets[i]);
            }
        }
        Files.write(offsetIndex, Arrays.copyOf(offsets.array(), offsets.position()));
        Files.write(timeIndex, Arrays.copyOf(times.array(), times.position()));
    }

    /** @return the index, or null if the files are missing or do not fit a segment of {@code segmentBytes} */
    static SparseIndex read(Path offsetIndex, Path timeIndex, int segmentBytes) throws IOException {
        if (!Files.exists(offsetIndex) || !Files.exists(timeIndex)) {
            return null;
        }
        ByteBuffer offsets = ByteBuffer.wrap(Files.readAllBytes(offsetIndex));
        ByteBuffer times = ByteBuffer.wrap(Files.readAllBytes(timeIndex));
        if (offsets.remaining() % OFFSET_ENTRY != 0 || times.remaining() % TIME_ENTRY != 0) {
            return null;
        }
        SparseIndex index = new SparseIndex();
        long time = times.hasRemaining() ? times.getLong() : Long.MAX_VALUE;
        int timeOffset = times.hasRemaining() ? times.getInt() : Integer.MAX_VALUE;
        long before = Long.MIN_VALUE;
        int lastOffset = -1;
        int lastPosition = -1;
        while (offsets.hasRemaining()) {
            int offset = offsets.getInt();
            int position = offsets.getInt();
            if (offset <= lastOffset || position <= lastPosition || position >= segmentBytes) {
                // Kafka's preallocated indexes end in zeros.
                return offset == 0 && position == 0 && lastOffset >= 0 ? index : null;
            }
            lastOffset = offset;
            lastPosition = position;
            while (timeOffset <= offset) {
                before = time;
                time = times.hasRemaining() ? times.getLong() : Long.MAX_VALUE;
                timeOffset = times.hasRemaining() ? times.getInt() : Integer.MAX_VALUE;
            }
            index.add(offset, position, before);
        }
        return index;
    }
}
