package io.millrace.streams.task;

import io.millrace.streams.plan.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;

/** A value per key. A null value deletes, which shows in the map only after the change was written. */
final class KeyedStore implements StateStore {

    private final Store store;
    private final String changelog;
    private final int partition;
    private final Map<Object, Entry> entries = new HashMap<>();
    private final List<Entry> changed = new ArrayList<>();

    KeyedStore(Store store, String changelog, int partition) {
        this.store = store;
        this.changelog = changelog;
        this.partition = partition;
    }

    /** Arrays do not compare by content. */
    static Object comparable(Object key) {
        return key instanceof byte[] bytes ? Bytes.wrap(bytes) : key;
    }

    Object get(Object key) {
        Entry entry = key == null ? null : entries.get(comparable(key));
        return entry == null ? null : entry.value;
    }

    /** @return the key's entry, one without a value if it is new */
    Entry entry(Object key) {
        Object comparable = comparable(key);
        Entry entry = entries.get(comparable);
        if (entry == null) {
            entry = new Entry(key, null, -1);
            entries.put(comparable, entry);
        }
        return entry;
    }

    void update(Entry entry, Object value, long timestamp) {
        entry.value = value;
        entry.timestamp = timestamp;
        if (!entry.changed) {
            entry.changed = true;
            changed.add(entry);
        }
    }

    @Override
    public void restore(byte[] key, byte[] value, long timestamp) {
        Object object = store.key().deserializer().deserialize(changelog, key);
        if (value == null) {
            entries.remove(comparable(object));
        } else {
            entries.put(comparable(object), new Entry(object, store.value().deserializer().deserialize(changelog, value), timestamp));
        }
    }

    @Override
    public void writeChanges(Output output) {
        for (Entry entry : changed) {
            entry.changed = false;
            byte[] value = entry.value == null ? null : store.value().serializer().serialize(changelog, entry.value);
            output.send(changelog, partition, store.key().serializer().serialize(changelog, entry.key), value, Math.max(0, entry.timestamp));
            if (entry.value == null) {
                entries.remove(comparable(entry.key));
            }
        }
        changed.clear();
    }

    @Override
    public long entries() {
        return entries.size();
    }
}
