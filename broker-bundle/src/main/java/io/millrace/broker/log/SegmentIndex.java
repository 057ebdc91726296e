package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Iterator;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where batches are in a segment, and of which time: its {@link SparseIndex}, in memory while the segment grows and read from its files afterwards. An
 * index that is missing, torn or wrong is made again from the batches. One thread adds; lookups run beside it.
 */
final class SegmentIndex {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentIndex.class);
    private static final long UNKNOWN_TIME = Long.MIN_VALUE;
    private static final int REBUILT_INTERVAL = 4096;
    private static final int AS_MEASURED = -1;

    private final SegmentFile file;
    private final long baseOffset;
    /** In memory while the segment grows and until that is in the files, then null or what is read from them. */
    private volatile SparseIndex index;
    private volatile long maxTimestamp = -1;
    private int offsetOfMaxTimestamp;
    private long firstTimestamp = UNKNOWN_TIME;
    private int bytesSinceEntry;
    private int bytesAtStore;
    /** Whether nothing follows the last batch of a segment that was closed in order. */
    private boolean endsAsItShould = true;

    SegmentIndex(SegmentFile file, long baseOffset) {
        this.file = file;
        this.baseOffset = baseOffset;
    }

    /** Nothing is in the segment, or nothing of it is known yet. */
    void begin() {
        index = new GrowingIndex();
    }

    /** The files have all of it, which is read when it is needed. */
    void trustFiles() {
        index = null;
        maxTimestamp = UNKNOWN_TIME;
        bytesAtStore = AS_MEASURED;
    }

    void deleteFiles() throws IOException {
        Files.deleteIfExists(file.path(".index"));
        Files.deleteIfExists(file.path(".timeindex"));
    }

    /** @return the position up to which the index files tell of batches whose end is at most the offset; those are taken over */
    int resume(long trustedUntil) throws IOException {
        GrowingIndex growing = new GrowingIndex();
        StoredIndex stored = StoredIndex.open(file.path(".index"), file.path(".timeindex"), Math.max(1, file.open().sizeInBytes()));
        int position = 0;
        if (stored != null && stored.isOrdered()) {
            growing.copy(stored, trustedUntil - baseOffset, Integer.MAX_VALUE);
            position = growing.entries() == 0 ? 0 : growing.position(growing.entries() - 1);
            if (position > 0 && !beginsBatch(position, growing.offset(growing.entries() - 1))) {
                growing = new GrowingIndex();
                position = 0;
            }
        }
        index = growing;
        maxTimestamp = growing.lastTime();
        offsetOfMaxTimestamp = growing.timeEntries() == 0 ? 0 : growing.timeOffset(growing.timeEntries() - 1);
        firstTimestamp = UNKNOWN_TIME;
        bytesSinceEntry = 0;
        return position;
    }

    private boolean beginsBatch(int position, int lastOffset) {
        try {
            for (FileChannelRecordBatch batch : file.batchesFrom(position)) {
                return batch.magic() == RecordBatch.MAGIC_VALUE_V2 && batch.baseOffset() >= baseOffset && batch.lastOffset() == baseOffset + lastOffset;
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            LOG.debug("{}: no batch at byte {}", file, position, damaged);
        }
        return false;
    }

    void add(GrowingIndex growing, RecordBatch batch, int position, int intervalBytes) {
        int relative = (int) (batch.lastOffset() - baseOffset);
        if (position == 0) {
            firstTimestamp = batch.maxTimestamp();
        }
        if (batch.maxTimestamp() > maxTimestamp) {
            offsetOfMaxTimestamp = relative;
            maxTimestamp = batch.maxTimestamp();
        }
        if (bytesSinceEntry > intervalBytes) {
            growing.add(relative, position);
            growing.addTime(maxTimestamp, offsetOfMaxTimestamp);
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += batch.sizeInBytes();
    }

    /** The index to add to; that of a trusted segment is fetched from its files, and completed by what they lack. */
    GrowingIndex growing() {
        if (index instanceof GrowingIndex growing) {
            return growing;
        }
        try {
            return thaw();
        } catch (IOException e) {
            throw new KafkaStorageException(file + ": its index cannot be read: " + e.getMessage(), e);
        }
    }

    private synchronized GrowingIndex thaw() throws IOException {
        if (index instanceof GrowingIndex growing) {
            return growing;
        }
        StoredIndex stored = StoredIndex.open(file.path(".index"), file.path(".timeindex"), Math.max(1, file.bytes()));
        if (stored == null || !stored.isOrdered()) {
            return rebuild();
        }
        GrowingIndex complete = new GrowingIndex();
        complete.copy(stored, Long.MAX_VALUE, Integer.MAX_VALUE);
        maxTimestamp = complete.lastTime();
        offsetOfMaxTimestamp = complete.timeEntries() == 0 ? 0 : complete.timeOffset(complete.timeEntries() - 1);
        int from = complete.entries() == 0 ? 0 : complete.position(complete.entries() - 1);
        bytesSinceEntry = 0;
        endsAsItShould = false;
        try {
            long next = baseOffset;
            FileRecords open = file.open();
            for (FileChannelRecordBatch batch : open.batchesFrom(from)) {
                BatchSearch.checkOrder(open.file(), batch, next);
                if (batch.maxTimestamp() > maxTimestamp) {
                    maxTimestamp = batch.maxTimestamp();
                    offsetOfMaxTimestamp = (int) (batch.lastOffset() - baseOffset);
                }
                bytesSinceEntry += batch.sizeInBytes();
                next = batch.nextOffset();
            }
            endsAsItShould = next == file.endOffset() && from + bytesSinceEntry == file.bytes();
        } catch (KafkaException | IllegalArgumentException damaged) {
            LOG.debug("{}: damaged at its end", file, damaged);
        }
        index = complete;
        return complete;
    }

    /** Whether what is appended now will be found: not behind damage. Asked before the first append after a start in order, it looks at the end. */
    boolean isAppendable() {
        growing();
        return endsAsItShould;
    }

    private SparseIndex lookup() {
        SparseIndex known = index;
        return known == null ? load() : known;
    }

    private synchronized SparseIndex load() {
        if (index != null) {
            return index;
        }
        file.open();
        try {
            StoredIndex stored = StoredIndex.open(file.path(".index"), file.path(".timeindex"), Math.max(1, file.bytes()));
            if (stored == null) {
                LOG.info("{}: its index files are missing or damaged, they are rebuilt", file);
                return rebuild();
            }
            index = stored;
            return stored;
        } catch (IOException e) {
            throw new KafkaStorageException(file + ": its index cannot be read: " + e.getMessage(), e);
        }
    }

    private synchronized GrowingIndex rebuild() {
        GrowingIndex rebuilt = new GrowingIndex();
        maxTimestamp = -1;
        bytesSinceEntry = 0;
        SparseIndex before = index;
        boolean whole = true;
        long expected = baseOffset;
        int end = 0;
        for (int from = 0; from >= 0; ) {
            try {
                FileRecords open = file.open();
                for (FileChannelRecordBatch batch : open.batchesFrom(from)) {
                    BatchSearch.checkOrder(open.file(), batch, expected);
                    if (!file.isPinned() && batch.nextOffset() > file.endOffset()) {
                        throw new CorruptRecordException(file + ": the batch at byte " + batch.position() + " has offsets of later segments");
                    }
                    add(rebuilt, batch, batch.position(), REBUILT_INTERVAL);
                    expected = batch.nextOffset();
                    end = batch.position() + batch.sizeInBytes();
                }
                from = -1;
            } catch (KafkaException | IllegalArgumentException damaged) {
                // Who reads up to there is told then.
                LOG.error("{} is damaged: {}", file, damaged.getMessage());
                whole = false;
                from = behindDamage(before, Math.max(from, end), expected);
                // Nobody gets there by walking.
                bytesSinceEntry = REBUILT_INTERVAL + 1;
            }
        }
        index = rebuilt;
        if (!file.isPinned()) {
            endsAsItShould = whole && expected == file.endOffset() && end == file.bytes();
            rebuilt.addTime(maxTimestamp, offsetOfMaxTimestamp);
            try {
                rebuilt.store(file.path(".index"), file.path(".timeindex"));
            } catch (IOException e) {
                LOG.warn("{}: its rebuilt index cannot be stored and stays in memory: {}", file, e.toString());
            }
        }
        return rebuilt;
    }

    /** @return where the first batch after the damage begins that the index knew and that is there; negative if it knew none */
    private int behindDamage(SparseIndex known, int damaged, long expected) {
        for (int entry = 0; known != null && entry < known.entries(); entry++) {
            int position = known.position(entry);
            if (position > damaged && baseOffset + known.offset(entry) >= expected && beginsBatch(position, known.offset(entry))) {
                return position;
            }
        }
        return -1;
    }

    /** @return the first batch that ends at or after the offset, or null */
    LogOffsetPosition find(FileRecords open, long offset) {
        SparseIndex known = lookup();
        int entry = offset <= baseOffset ? -1 : known.entryBefore((int) Math.min(Integer.MAX_VALUE, offset - baseOffset));
        if (entry < 0) {
            return BatchSearch.holding(open, offset, 0, BatchSearch.ANY, baseOffset);
        }
        int from = known.position(entry);
        LogOffsetPosition found = BatchSearch.NO_SUCH_BATCH;
        try {
            found = BatchSearch.holding(open, offset, from, baseOffset + known.offset(entry), baseOffset);
        } catch (KafkaException | IllegalArgumentException damaged) {
            if (beginsBatch(from, known.offset(entry))) {
                throw damaged;
            }
        }
        if (found == BatchSearch.NO_SUCH_BATCH) {
            LOG.warn("{}: its index is wrong at offset {}, byte {}; it is rebuilt", file, offset, from);
            rebuild();
            found = BatchSearch.holding(open, offset, positionBefore(offset), BatchSearch.ANY, baseOffset);
        }
        return found;
    }

    /** @return where the last whole batch before {@code stop} ends */
    int endOfWholeBatches(FileRecords open, LogOffsetPosition start, int stop) {
        int first = start.position + start.size;
        SparseIndex known = lookup();
        int entry = known.entryAt(stop);
        // An indexed batch begins there, so all before it is whole: that much is returned even if this batch is the one that does not fit.
        int end = entry < 0 ? first : Math.max(first, known.position(entry));
        if (end > first && !beginsBatch(end, known.offset(entry))) {
            LOG.warn("{}: its index is wrong at byte {}; it is rebuilt", file, end);
            rebuild();
            end = first;
        }
        try {
            for (FileChannelRecordBatch batch : open.batchesFrom(end)) {
                int next = batch.position() + batch.sizeInBytes();
                if (next > stop) {
                    break;
                }
                end = next;
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            // Who reads on from there is told.
            LOG.debug("{}: damaged at byte {}", file, end, damaged);
        }
        return end;
    }

    int positionBefore(long offset) {
        return offset <= baseOffset ? 0 : lookup().positionBefore((int) Math.min(Integer.MAX_VALUE, offset - baseOffset));
    }

    int positionBeforeTime(long timestamp) {
        return lookup().positionBeforeTime(timestamp);
    }

    /** It is complete: nothing will be added. */
    void seal() {
        growing().addTime(maxTimestamp, offsetOfMaxTimestamp);
    }

    /** Brings it to its files; that of a sealed segment is then needed no more on the heap. */
    synchronized void store(boolean sealed) throws IOException {
        if (index instanceof GrowingIndex growing) {
            int bytes = file.published().bytes();
            growing.store(file.path(".index"), file.path(".timeindex"));
            bytesAtStore = bytes;
            if (sealed) {
                index = null;
            }
        }
    }

    /** Bytes appended since it was stored. */
    int bytesSinceStore() {
        return file.isMeasured() ? file.bytes() - (bytesAtStore == AS_MEASURED ? file.measured() : bytesAtStore) : 0;
    }

    /** Does without what can be read from the files again. */
    void release() {
        if (index instanceof StoredIndex) {
            index = null;
        }
    }

    /** Loads what it says, for those who look when the files are another segment's. */
    void detach() {
        lookup();
    }

    /** The greatest time of a record, or -1. */
    long maxTimestamp() {
        if (maxTimestamp == UNKNOWN_TIME) {
            synchronized (this) {
                if (maxTimestamp == UNKNOWN_TIME) {
                    maxTimestamp = lookUpMaxTimestamp();
                }
            }
        }
        return maxTimestamp;
    }

    private long lookUpMaxTimestamp() {
        try {
            long last = index == null ? StoredIndex.lastTime(file.path(".timeindex")) : -1;
            return last >= 0 || file.bytes() == 0 ? last : lookup().lastTime();
        } catch (IOException e) {
            throw new KafkaStorageException(file + ": its time index cannot be read: " + e.getMessage(), e);
        }
    }

    /** Time of the first batch; negative if it has none, or is damaged. */
    long firstTimestamp() {
        if (firstTimestamp == UNKNOWN_TIME && file.bytes() > 0) {
            firstTimestamp = lookUpFirstTimestamp();
        }
        return firstTimestamp;
    }

    private long lookUpFirstTimestamp() {
        try {
            Iterator<FileChannelRecordBatch> batches = file.batchesFrom(0).iterator();
            return batches.hasNext() ? batches.next().maxTimestamp() : RecordBatch.NO_TIMESTAMP;
        } catch (KafkaException | IllegalArgumentException damaged) {
            // Who reads it is told; who appends far behind it must not be kept from that.
            LOG.debug("{}: damaged at its beginning", file, damaged);
            return RecordBatch.NO_TIMESTAMP;
        }
    }

    /** Whether one of its files would be larger than allowed. */
    boolean isFull(int maxIndexBytes) {
        SparseIndex known = lookup();
        return known.entries() * SparseIndex.OFFSET_ENTRY + SparseIndex.OFFSET_ENTRY > maxIndexBytes
                || known.timeEntries() * SparseIndex.TIME_ENTRY + SparseIndex.TIME_ENTRY > maxIndexBytes;
    }
}
