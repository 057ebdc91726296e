package io.millrace.connect.source;

import io.millrace.connect.store.PlainJson;
import io.millrace.connect.store.SourceOffsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.storage.OffsetStorageReader;

/** A connector's view of its committed offsets. */
public final class StoredOffsets implements OffsetStorageReader {

    private final SourceOffsets offsets;
    private final String connector;

    public StoredOffsets(SourceOffsets offsets, String connector) {
        this.offsets = offsets;
        this.connector = connector;
    }

    @Override
    public <T> Map<String, Object> offset(Map<String, T> partition) {
        return offsets(List.of(partition)).get(partition);
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
        try {
            Map<Map<String, Object>, Map<String, Object>> stored = offsets.of(connector);
            Map<Map<String, T>, Map<String, Object>> found = new HashMap<>();
            for (Map<String, T> partition : partitions) {
                found.put(partition, stored.get(PlainJson.normalMap(partition)));
            }
            return found;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException("interrupted while reading the offsets of " + connector, e);
        }
    }
}
