package io.millrace.connect.source;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The last offset of each source partition. Records of one partition come in a row, most with the very same map: the partition is looked up
 * when it changes, for the hash code of a map is a walk through it. For one thread.
 */
final class ReachedOffsets {

    private final Map<Map<String, ?>, Map<String, ?>> offsets = new LinkedHashMap<>();
    private Map<String, ?> partition;
    private Map<String, ?> offset;

    /** Nothing is reached with a record that has no partition or no offset. */
    void reached(Map<String, ?> ofPartition, Map<String, ?> newOffset) {
        if (ofPartition == null || newOffset == null) {
            return;
        }
        if (ofPartition != partition) {
            settle();
            partition = ofPartition;
        }
        offset = newOffset;
    }

    private void settle() {
        if (partition != null) {
            offsets.put(partition, offset);
        }
    }

    void forEach(BiConsumer<Map<String, ?>, Map<String, ?>> action) {
        settle();
        offsets.forEach(action);
    }

    void clear() {
        offsets.clear();
        partition = null;
        offset = null;
    }
}
