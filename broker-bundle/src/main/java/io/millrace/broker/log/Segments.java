package io.millrace.broker.log;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;

/** A log's segments by base offset; the last one is appended to. One thread changes them at a time, readers go on meanwhile. */
final class Segments {

    private final ConcurrentSkipListMap<Long, Segment> byBase = new ConcurrentSkipListMap<>();
    private final StampedLock replacing = new StampedLock();

    void add(Segment segment) {
        byBase.put(segment.baseOffset(), segment);
    }

    void remove(Segment segment) {
        long stamp = replacing.writeLock();
        try {
            byBase.remove(segment.baseOffset(), segment);
        } finally {
            replacing.unlockWrite(stamp);
        }
    }

    /** Puts one segment in the place of neighbours that hold the same offsets; it has the base offset of the first. */
    void replace(List<Segment> old, Segment with) {
        long stamp = replacing.writeLock();
        try {
            byBase.put(with.baseOffset(), with);
            for (Segment segment : old) {
                byBase.remove(segment.baseOffset(), segment);
            }
        } finally {
            replacing.unlockWrite(stamp);
        }
    }

    /** To be asked before more than one segment is looked at, for {@link #replacedSince}. */
    long stamp() {
        return replacing.tryOptimisticRead();
    }

    /** Whether going from one segment to the next since then may have passed over some: what was found is to be looked for again. */
    boolean replacedSince(long stamp) {
        return !replacing.validate(stamp);
    }

    /** What is found while no segment is replaced or removed, so that all of it is of one moment; it may be looked for several times. */
    <T> T unchanged(Supplier<T> look) {
        while (true) {
            long stamp = stamp();
            T found = look.get();
            if (!replacedSince(stamp)) {
                return found;
            }
        }
    }

    /**
     * Reads from the first segment that has anything at or after the offset, whatever is replaced meanwhile.
     *
     * @return empty if there is none
     * @see PartitionLog#read
     */
    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        while (true) {
            long stamp = stamp();
            Segment first = holding(offset);
            Segment segment = first;
            Records records = null;
            while (records == null && segment != null) {
                records = segment.read(offset, maxBytes, maxOffset, minOneBatch);
                segment = records == null ? after(segment) : segment;
            }
            if (segment == first || !replacedSince(stamp)) {
                return records == null ? MemoryRecords.EMPTY : records;
            }
        }
    }

    /** Aborted transactions that overlap [fromOffset, toOffset), in the order of their markers. */
    List<AbortedTransactions.Entry> aborted(long fromOffset, long toOffset) {
        return unchanged(() -> {
            List<AbortedTransactions.Entry> entries = new ArrayList<>();
            for (Segment segment : from(fromOffset)) {
                segment.aborted().collect(fromOffset, toOffset, entries);
            }
            return entries;
        });
    }

    boolean isEmpty() {
        return byBase.isEmpty();
    }

    /** Whether a segment begins at the offset. */
    boolean begins(long offset) {
        return byBase.containsKey(offset);
    }

    int count() {
        return byBase.size();
    }

    Segment first() {
        return byBase.firstEntry().getValue();
    }

    Segment active() {
        return byBase.lastEntry().getValue();
    }

    /** The segment with the greatest base offset at most {@code offset}, or null if the log begins later. */
    Segment holding(long offset) {
        Map.Entry<Long, Segment> entry = byBase.floorEntry(offset);
        return entry == null ? null : entry.getValue();
    }

    /** The next segment, or null. */
    Segment after(Segment segment) {
        Map.Entry<Long, Segment> entry = byBase.higherEntry(segment.baseOffset());
        return entry == null ? null : entry.getValue();
    }

    /** By base offset, from the one that holds the offset, or from the first. */
    Collection<Segment> from(long offset) {
        Long first = byBase.floorKey(offset);
        return first == null ? all() : Collections.unmodifiableCollection(byBase.tailMap(first).values());
    }

    /** By base offset. */
    Collection<Segment> all() {
        return Collections.unmodifiableCollection(byBase.values());
    }

    long bytes() {
        long bytes = 0;
        for (Segment segment : byBase.values()) {
            bytes += segment.bytes();
        }
        return bytes;
    }
}
