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
        int low = 0;
        int high = entries() - 1;
        int position = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (offset(middle) <= relativeOffset) {
                position = position(middle);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return position;
    }

    /** The greatest indexed batch position at most {@code position}. */
    default int batchBefore(int position) {
        int low = 0;
        int high = entries() - 1;
        int found = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (position(middle) <= position) {
                found = position(middle);
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return found;
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
