package io.millrace.connect.store;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Committed offsets of all connectors, each with its place in the topic. They may come in any order: what has the later place counts. Thread-safe. */
final class OffsetTable {

    /** @param offset null if it was taken back */
    private record Known(Map<String, Object> offset, long place) {}

    private final Map<String, Map<Map<String, Object>, Known>> byConnector = new HashMap<>();

    synchronized void tell(String connector, Map<?, ?> partition, Map<?, ?> offset, long place) {
        Known told = new Known(offset == null ? null : PlainJson.normalMap(offset), place);
        byConnector.computeIfAbsent(connector, _ -> new LinkedHashMap<>()).merge(PlainJson.normalMap(partition), told,
                (known, other) -> known.place() > other.place() ? known : other);
    }

    synchronized Map<Map<String, Object>, Map<String, Object>> of(String connector) {
        Map<Map<String, Object>, Map<String, Object>> offsets = new LinkedHashMap<>();
        byConnector.getOrDefault(connector, Map.of()).forEach((partition, known) -> {
            if (known.offset() != null) {
                offsets.put(partition, known.offset());
            }
        });
        return offsets;
    }
}
