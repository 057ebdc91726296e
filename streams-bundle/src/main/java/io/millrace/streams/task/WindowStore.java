package io.millrace.streams.task;

import io.millrace.streams.TimeWindows;
import io.millrace.streams.plan.Store;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A value per key and window, by window first: a record's window is nearly always the last one used, and a window is forgotten as a whole. Its
 * key in the changelog is the key's bytes and the window's start (8 bytes, big-endian).
 */
final class WindowStore implements StateStore {

    /** One window's values. */
    private static final class Segment {
        final long start;
        final Map<Object, Entry> entries = new HashMap<>();
        final List<Entry> changed = new ArrayList<>();

        Segment(long start) {
            this.start = start;
        }
    }

    private final Store store;
    private final TimeWindows windows;
    private final String changelog;
    private final int partition;
    private final NavigableMap<Long, Segment> segments = new TreeMap<>();
    private Segment last;
    /** Greatest timestamp seen; restored as the greatest of the changelog, where each update left its own. */
    private long streamTime = -1;
    private long entries;

    WindowStore(Store store, TimeWindows windows, String changelog, int partition) {
        this.store = store;
        this.windows = windows;
        this.changelog = changelog;
        this.partition = partition;
    }

    long observe(long timestamp) {
        streamTime = Math.max(streamTime, timestamp);
        return streamTime;
    }

    boolean isOver(long start) {
        return start + windows.size() + windows.grace() <= streamTime;
    }

    Object get(Object key, long start) {
        Segment segment = segments.get(start);
        Entry entry = segment == null ? null : segment.entries.get(KeyedStore.comparable(key));
        return entry == null ? null : entry.value;
    }

    Entry entry(Object key, long start) {
        if (last == null || last.start != start) {
            last = segments.computeIfAbsent(start, Segment::new);
        }
        Object comparable = KeyedStore.comparable(key);
        Entry entry = last.entries.get(comparable);
        if (entry == null) {
            entry = new Entry(key, null, -1);
            last.entries.put(comparable, entry);
            entries++;
        }
        return entry;
    }

    /** @param start of the window for which {@link #entry} was called last */
    void update(Entry entry, long start, Object value, long timestamp) {
        entry.value = value;
        entry.timestamp = timestamp;
        if (!entry.changed) {
            entry.changed = true;
            (last.start == start ? last : segments.get(start)).changed.add(entry);
        }
    }

    @Override
    public void restore(byte[] key, byte[] value, long timestamp) {
        observe(timestamp);
        long start = ByteBuffer.wrap(key).getLong(key.length - Long.BYTES);
        byte[] bare = Arrays.copyOf(key, key.length - Long.BYTES);
        Object object = store.key().deserializer().deserialize(changelog, bare);
        if (value != null) {
            Entry entry = entry(object, start);
            entry.value = store.value().deserializer().deserialize(changelog, value);
            entry.timestamp = timestamp;
        } else if (segments.containsKey(start)) {
            remove(segments.get(start), object);
        }
    }

    @Override
    public void writeChanges(Output output) {
        for (Segment segment : segments.values()) {
            for (Entry entry : segment.changed) {
                entry.changed = false;
                byte[] value = entry.value == null ? null : store.value().serializer().serialize(changelog, entry.value);
                output.send(changelog, partition, key(entry.key, segment.start), value, entry.timestamp);
                if (entry.value == null) {
                    segment.entries.remove(KeyedStore.comparable(entry.key));
                    entries--;
                }
            }
            segment.changed.clear();
        }
        expire(output);
    }

    private void expire(Output output) {
        while (!segments.isEmpty() && isOver(segments.firstKey())) {
            Segment segment = segments.pollFirstEntry().getValue();
            for (Entry entry : segment.entries.values()) {
                output.send(changelog, partition, key(entry.key, segment.start), null, streamTime);
            }
            entries -= segment.entries.size();
            last = null;
        }
    }

    private void remove(Segment segment, Object key) {
        if (segment.entries.remove(KeyedStore.comparable(key)) != null) {
            entries--;
        }
        if (segment.entries.isEmpty()) {
            segments.remove(segment.start);
            last = null;
        }
    }

    private byte[] key(Object key, long start) {
        byte[] bare = store.key().serializer().serialize(changelog, key);
        return ByteBuffer.allocate(bare.length + Long.BYTES).put(bare).putLong(start).array();
    }

    @Override
    public long entries() {
        return entries;
    }
}
