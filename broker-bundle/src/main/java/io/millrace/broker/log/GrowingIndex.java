package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The index of a segment that is appended to, in memory; {@link #store} brings to its files what they lack. One thread adds, one stores, others
 * look up meanwhile: arrays grow by copy, and the counts are published last.
 */
final class GrowingIndex implements SparseIndex {

    private record Offsets(int[] offsets, int[] positions, int count) {}

    private record Times(long[] times, int[] offsets, int count) {}

    private static final int[] NONE = {};

    private volatile Offsets entries = new Offsets(NONE, NONE, 0);
    private volatile Times times = new Times(new long[0], NONE, 0);
    private int storedEntries;
    private int storedTimes;

    void add(int relativeOffset, int position) {
        Offsets now = entries;
        int[] offsets = room(now.offsets, now.count);
        int[] positions = room(now.positions, now.count);
        offsets[now.count] = relativeOffset;
        positions[now.count] = position;
        entries = new Offsets(offsets, positions, now.count + 1);
    }

    /** Adds the time if it is later than the ones before. */
    void addTime(long time, int relativeOffset) {
        Times now = times;
        if (time < 0 || now.count > 0 && (time <= now.times[now.count - 1] || relativeOffset <= now.offsets[now.count - 1])) {
            return;
        }
        long[] values = now.count < now.times.length ? now.times : Arrays.copyOf(now.times, Math.max(8, now.count * 2));
        int[] offsets = room(now.offsets, now.count);
        values[now.count] = time;
        offsets[now.count] = relativeOffset;
        times = new Times(values, offsets, now.count + 1);
    }

    private static int[] room(int[] array, int count) {
        return count < array.length ? array : Arrays.copyOf(array, Math.max(8, count * 2));
    }

    @Override
    public int entries() {
        return entries.count;
    }

    @Override
    public int offset(int entry) {
        return entries.offsets[entry];
    }

    @Override
    public int position(int entry) {
        return entries.positions[entry];
    }

    @Override
    public int timeEntries() {
        return times.count;
    }

    @Override
    public long time(int timeEntry) {
        return times.times[timeEntry];
    }

    @Override
    public int timeOffset(int timeEntry) {
        return times.offsets[timeEntry];
    }

    /** Takes over what another index has before the offset and the position. */
    void copy(SparseIndex other, long offset, int position) {
        for (int i = 0; i < other.entries() && other.offset(i) < offset && other.position(i) < position; i++) {
            add(other.offset(i), other.position(i));
        }
        for (int i = 0; i < other.timeEntries() && other.timeOffset(i) < offset; i++) {
            addTime(other.time(i), other.timeOffset(i));
        }
    }

    /** Makes the files hold exactly this index. Durable on return. On failure a later call writes everything again. */
    synchronized void store(Path offsetIndex, Path timeIndex) throws IOException {
        Offsets offsets = entries;
        Times timed = times;
        ByteBuffer one = ByteBuffer.allocate((offsets.count - storedEntries) * OFFSET_ENTRY);
        for (int i = storedEntries; i < offsets.count; i++) {
            one.putInt(offsets.offsets[i]).putInt(offsets.positions[i]);
        }
        ByteBuffer two = ByteBuffer.allocate((timed.count - storedTimes) * TIME_ENTRY);
        for (int i = storedTimes; i < timed.count; i++) {
            two.putLong(timed.times[i]).putInt(timed.offsets[i]);
        }
        int entriesBefore = storedEntries;
        int timesBefore = storedTimes;
        storedEntries = 0;
        storedTimes = 0;
        write(offsetIndex, one.flip(), (long) entriesBefore * OFFSET_ENTRY);
        write(timeIndex, two.flip(), (long) timesBefore * TIME_ENTRY);
        storedEntries = offsets.count;
        storedTimes = timed.count;
    }

    private static void write(Path file, ByteBuffer content, long position) throws IOException {
        if (!content.hasRemaining() && Files.exists(file) && Files.size(file) == position) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.truncate(position);
            long at = position;
            while (content.hasRemaining()) {
                at += channel.write(content, at);
            }
            channel.force(true);
        }
    }
}
