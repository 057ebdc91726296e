package io.millrace.broker.log;

/**
 * Where to begin to look in a segment: every few kilobytes, where a batch begins, and what the greatest time was by then (Kafka's
 * {@code .index} and {@code .timeindex}). Offsets are relative to the segment's base. Lookups run beside one thread that adds.
 */
sealed interface SparseIndex permits GrowingIndex, StoredIndex {

    int OFFSET_ENTRY = 8;
    int TIME_ENTRY = 12;

    /** Number of offset entries. */
    int entries();

    /** The last offset of the batch that the entry is of. */
    int offset(int entry);

    /** Where that batch begins. */
    int position(int entry);

    int timeEntries();

    long time(int timeEntry);

    /** The last offset of the batch that had that time. */
    int timeOffset(int timeEntry);

    /** A position at or before the batch that holds the offset. */
    default int positionBefore(int relativeOffset) {
        int entry = entryBefore(relativeOffset);
        return entry < 0 ? 0 : position(entry);
    }

    /** The last entry of a batch that ends at or before the offset, or -1. */
    default int entryBefore(int relativeOffset) {
        int low = 0;
        int high = entries() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (offset(middle) <= relativeOffset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** The last entry of a batch that begins at or before {@code position}, or -1. */
    default int entryAt(int position) {
        int low = 0;
        int high = entries() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (position(middle) <= position) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** A position before which every record is older than {@code time}. */
    default int positionBeforeTime(long time) {
        int low = 0;
        int high = timeEntries() - 1;
        int offset = -1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (time(middle) < time) {
                offset = timeOffset(middle);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return offset < 0 ? 0 : positionBefore(offset);
    }

    /** The greatest time that was indexed, or -1. */
    default long lastTime() {
        return timeEntries() == 0 ? -1 : time(timeEntries() - 1);
    }
}
