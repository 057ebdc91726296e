package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stretch of a partition's log: one {@code .log} file and its indexes. One thread appends; readers see what {@link #published} says, without a
 * lock. A sealed segment is a few numbers until somebody reads it, and again when nobody has for long ({@link OpenSegments}); slices taken
 * before stay readable.
 */
final class Segment {

    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    private static final int UNKNOWN = -1;
    private static final long UNKNOWN_TIME = Long.MIN_VALUE;
    private static final int REBUILT_INTERVAL = 4096;

    /** What readers may see: the next offset, and how many bytes are before it; those of a sealed segment are looked up when asked for. */
    private record Published(long endOffset, int bytes) {}

    private final long baseOffset;
    private final OpenSegments openSegments;
    private volatile PartitionFolder folder;
    private volatile Path log;
    private final AbortedTransactions aborted;
    private volatile Published published;
    private volatile FileRecords file;
    /** In memory while the segment grows and until that is in the files, then null or what is read from them. */
    private volatile SparseIndex index;
    private volatile UnverifiedBytes unverified;
    private volatile boolean used;
    private volatile boolean dirty;
    /** Set while the segment is appended to: then its file must stay the one that the appender uses. */
    private volatile boolean pinned;
    private final Object opening = new Object();
    private volatile long maxTimestamp = -1;
    private int offsetOfMaxTimestamp;
    private long firstTimestamp = UNKNOWN_TIME;
    private long createdAt;
    private long jitter = -1;
    private int bytesSinceEntry;
    private int bytesAtStore;
    /** Whether nothing follows the last batch of a segment that was closed in order. */
    private boolean endsAsItShould = true;

    private Segment(PartitionFolder folder, long baseOffset, OpenSegments openSegments, Published published) {
        this.folder = folder;
        this.log = folder.log(baseOffset);
        this.baseOffset = baseOffset;
        this.openSegments = openSegments;
        this.aborted = new AbortedTransactions(path(".txnindex"));
        this.published = published;
    }

    static Segment create(PartitionFolder folder, long baseOffset, OpenSegments openSegments, long now) throws IOException {
        Segment segment = new Segment(folder, baseOffset, openSegments, new Published(baseOffset, 0));
        segment.aborted.clear();
        segment.index = new GrowingIndex();
        segment.createdAt = now;
        Files.deleteIfExists(segment.path(".index"));
        Files.deleteIfExists(segment.path(".timeindex"));
        FileChannel.open(segment.log, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING).close();
        return segment;
    }

    /** A segment that is whole and not appended to. Touches no file. @param endOffset at most the next segment's base offset */
    static Segment sealed(PartitionFolder folder, long baseOffset, long endOffset, OpenSegments openSegments) {
        Segment segment = new Segment(folder, baseOffset, openSegments, new Published(endOffset, UNKNOWN));
        segment.maxTimestamp = UNKNOWN_TIME;
        return segment;
    }

    /** A segment that is about to be appended to or recovered: {@link #resume} or {@link #observe} say what it holds. */
    static Segment open(PartitionFolder folder, long baseOffset, OpenSegments openSegments) throws IOException {
        Segment segment = new Segment(folder, baseOffset, openSegments, new Published(baseOffset, 0));
        segment.createdAt = Files.getLastModifiedTime(segment.log).toMillis();
        segment.index = new GrowingIndex();
        return segment;
    }

    /**
     * Takes over what the index files say of the batches before {@code trustedUntil}, so that only what follows must be observed.
     *
     * @return the position from which batches must be observed
     */
    int resume(long trustedUntil) throws IOException {
        GrowingIndex growing = new GrowingIndex();
        StoredIndex stored = StoredIndex.open(path(".index"), path(".timeindex"), Math.max(1, fileBytes()));
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
        published = new Published(baseOffset, position);
        return position;
    }

    private boolean beginsBatch(int position, int lastOffset) {
        try {
            for (FileChannelRecordBatch batch : file().batchesFrom(position)) {
                return batch.magic() == RecordBatch.MAGIC_VALUE_V2 && batch.baseOffset() >= baseOffset && batch.lastOffset() == baseOffset + lastOffset;
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            LOG.debug("{}: no batch at byte {}", log, position, damaged);
        }
        return false;
    }

    /** Says what a segment holds that was closed in order: the rest is taken from its files when it is needed. */
    void trust(long endOffset) {
        index = null;
        maxTimestamp = UNKNOWN_TIME;
        published = new Published(endOffset, UNKNOWN);
    }

    /** Takes a batch that is in the file already into the index. */
    void observe(FileChannelRecordBatch batch, int intervalBytes) {
        index(growing(), batch, batch.position(), intervalBytes);
        published = new Published(batch.nextOffset(), batch.position() + batch.sizeInBytes());
    }

    private void index(GrowingIndex growing, RecordBatch batch, int position, int intervalBytes) {
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
    private GrowingIndex growing() {
        if (index instanceof GrowingIndex growing) {
            return growing;
        }
        try {
            return thaw();
        } catch (IOException e) {
            throw new KafkaStorageException(log + ": its index cannot be read: " + e.getMessage(), e);
        }
    }

    private synchronized GrowingIndex thaw() throws IOException {
        if (index instanceof GrowingIndex growing) {
            return growing;
        }
        StoredIndex stored = StoredIndex.open(path(".index"), path(".timeindex"), Math.max(1, bytes()));
        if (stored == null || !stored.isOrdered()) {
            return rebuildIndex();
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
            for (FileChannelRecordBatch batch : file().batchesFrom(from)) {
                BatchSearch.checkOrder(file().file(), batch, next);
                if (batch.maxTimestamp() > maxTimestamp) {
                    maxTimestamp = batch.maxTimestamp();
                    offsetOfMaxTimestamp = (int) (batch.lastOffset() - baseOffset);
                }
                bytesSinceEntry += batch.sizeInBytes();
                next = batch.nextOffset();
            }
            endsAsItShould = next == endOffset() && from + bytesSinceEntry == bytes();
        } catch (KafkaException | IllegalArgumentException damaged) {
            LOG.debug("{}: damaged at its end", log, damaged);
        }
        index = complete;
        return complete;
    }

    /** Whether what is appended now will be found: not behind damage. Asked before the first append after a start in order, it looks at the end. */
    boolean isAppendable() {
        growing();
        return endsAsItShould;
    }

    /** Appends whole batches whose offsets are final. On failure nothing of them remains. */
    void append(MemoryRecords records, long nextOffset, int intervalBytes) throws IOException {
        if (!pinned) {
            pin();
        }
        GrowingIndex growing = growing();
        int position = bytes();
        FileRecords open = file();
        dirty = true;
        try {
            open.append(records);
        } catch (IOException e) {
            open.truncateTo(position);
            throw e;
        }
        int at = position;
        for (RecordBatch batch : records.batches()) {
            index(growing, batch, at, intervalBytes);
            at += batch.sizeInBytes();
        }
        published = new Published(nextOffset, at);
    }

    /**
     * @return null if the segment holds nothing at or after the offset
     * @see PartitionLog#read
     */
    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        int bytes = bytes();
        Published now = published;
        FileRecords open = file();
        int limit = bytes;
        if (maxOffset < now.endOffset) {
            LogOffsetPosition end = find(open, maxOffset);
            limit = end == null ? bytes : end.position;
        }
        LogOffsetPosition start = find(open, offset);
        if (start == null) {
            return null;
        }
        if (start.position >= limit) {
            return MemoryRecords.EMPTY;
        }
        int available = limit - start.position;
        if (available <= maxBytes) {
            return slice(open, start.position, available);
        }
        if (maxBytes < start.size) {
            return minOneBatch ? slice(open, start.position, start.size) : MemoryRecords.EMPTY;
        }
        return slice(open, start.position, endOfWholeBatches(open, start, start.position + maxBytes) - start.position);
    }

    /** @return where the last whole batch before {@code stop} ends */
    private int endOfWholeBatches(FileRecords open, LogOffsetPosition start, int stop) {
        int first = start.position + start.size;
        SparseIndex known = lookup();
        int entry = known.entryAt(stop);
        // An indexed batch begins there, so all before it is whole: that much is returned even if this batch is the one that does not fit.
        int end = entry < 0 ? first : Math.max(first, known.position(entry));
        if (end > first && !beginsBatch(end, known.offset(entry))) {
            LOG.warn("{}: its index is wrong at byte {}; it is rebuilt", log, end);
            rebuildIndex();
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
            LOG.debug("{}: damaged at byte {}", log, end, damaged);
        }
        return end;
    }

    private Records slice(FileRecords open, int position, int size) {
        UnverifiedBytes suspicious = unverified;
        if (suspicious == null) {
            return open.slice(position, size);
        }
        int sound = suspicious.check(open, position, position + size);
        if (sound == position) {
            throw new CorruptRecordException(log + ": the batch at byte " + position + " is damaged; its records are lost on this node,"
                    + " consumers must continue behind them");
        }
        if (suspicious.isDone(bytes())) {
            unverified = null;
        }
        return open.slice(position, sound - position);
    }

    private LogOffsetPosition find(FileRecords open, long offset) {
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
            LOG.warn("{}: its index is wrong at offset {}, byte {}; it is rebuilt", log, offset, from);
            rebuildIndex();
            found = BatchSearch.holding(open, offset, positionBefore(offset), BatchSearch.ANY, baseOffset);
        }
        return found;
    }

    /** Fills the buffer from the position on, up to the end of the file, and flips it. */
    void readInto(ByteBuffer buffer, int position) throws IOException {
        file().readInto(buffer, position);
    }

    Iterable<FileChannelRecordBatch> batchesFrom(int position) {
        return file().batchesFrom(position);
    }

    /** Where to look for the first record of at least that time. */
    int positionBeforeTime(long timestamp) {
        return lookup().positionBeforeTime(timestamp);
    }

    int positionBefore(long offset) {
        return offset <= baseOffset ? 0 : lookup().positionBefore((int) Math.min(Integer.MAX_VALUE, offset - baseOffset));
    }

    private SparseIndex lookup() {
        SparseIndex known = index;
        return known == null ? loadIndex() : known;
    }

    private synchronized SparseIndex loadIndex() {
        if (index != null) {
            return index;
        }
        file();
        try {
            StoredIndex stored = StoredIndex.open(path(".index"), path(".timeindex"), Math.max(1, bytes()));
            if (stored == null) {
                LOG.info("{}: its index files are missing or damaged, they are rebuilt", log);
                return rebuildIndex();
            }
            index = stored;
            return stored;
        } catch (IOException e) {
            throw new KafkaStorageException(log + ": its index cannot be read: " + e.getMessage(), e);
        }
    }

    private synchronized GrowingIndex rebuildIndex() {
        GrowingIndex rebuilt = new GrowingIndex();
        maxTimestamp = -1;
        bytesSinceEntry = 0;
        long expected = baseOffset;
        int end = 0;
        try {
            for (FileChannelRecordBatch batch : file().batchesFrom(0)) {
                BatchSearch.checkOrder(file().file(), batch, expected);
                index(rebuilt, batch, batch.position(), REBUILT_INTERVAL);
                expected = batch.nextOffset();
                end = batch.position() + batch.sizeInBytes();
            }
        } catch (KafkaException | IllegalArgumentException damaged) {
            // Who reads up to there is told then.
            LOG.error("{} is damaged: {}", log, damaged.getMessage());
        }
        index = rebuilt;
        if (!pinned) {
            endsAsItShould = expected == endOffset() && end == bytes();
            rebuilt.addTime(maxTimestamp, offsetOfMaxTimestamp);
            try {
                rebuilt.store(path(".index"), path(".timeindex"));
            } catch (IOException e) {
                LOG.warn("{}: its rebuilt index cannot be stored and stays in memory: {}", log, e.toString());
            }
        }
        return rebuilt;
    }

    private FileRecords file() {
        FileRecords open = file;
        if (!used) {
            used = true;
        }
        return open != null ? open : openFile();
    }

    private FileRecords openFile() {
        FileRecords open;
        synchronized (opening) {
            open = file;
            if (open != null) {
                return open;
            }
            try {
                open = FileRecords.open(log.toFile(), true, true, 0, false);
            } catch (IOException e) {
                throw new KafkaStorageException(log + " cannot be opened: " + e.getMessage(), e);
            }
            file = open;
        }
        openSegments.opened(this);
        return open;
    }

    private void pin() {
        synchronized (opening) {
            pinned = true;
        }
    }

    /** Whether it was used since this was asked last, is appended to, or has what is nowhere else. */
    boolean isInUse() {
        boolean inUse = used || dirty || pinned;
        used = false;
        return inUse;
    }

    /** Lets the file go, and what is in other files; all are opened again when they are needed. @return the file, if it was open */
    FileChannel release() {
        synchronized (opening) {
            FileRecords open = file;
            if (open == null || pinned) {
                return null;
            }
            file = null;
            if (index instanceof StoredIndex) {
                index = null;
            }
            aborted.release();
            return open.channel();
        }
    }

    void flush() throws IOException {
        FileRecords open = file();
        dirty = false;
        open.flush();
    }

    void truncateTo(int bytes) throws IOException {
        file().truncateTo(bytes);
    }

    /** From now on the segment is not appended to; its index is complete. */
    void seal() {
        growing().addTime(maxTimestamp, offsetOfMaxTimestamp);
        pinned = false;
    }

    /** Brings the index to its files; a sealed segment then needs it no more on the heap. */
    synchronized void storeIndex(boolean sealed) throws IOException {
        if (index instanceof GrowingIndex growing) {
            int bytes = published.bytes;
            growing.store(path(".index"), path(".timeindex"));
            bytesAtStore = bytes;
            if (sealed) {
                index = null;
            }
        }
        aborted.flush();
    }

    /** Bytes appended since the index was stored. */
    int bytesSinceStore() {
        return published.bytes == UNKNOWN ? 0 : published.bytes - bytesAtStore;
    }

    void syncIndexes() throws IOException {
        for (String suffix : new String[] {".index", ".timeindex", ".txnindex"}) {
            DurableFile.sync(path(suffix));
        }
    }

    void close() throws IOException {
        FileRecords open = file;
        openSegments.closed(this);
        if (open != null) {
            open.close();
        }
    }

    /** Another segment is about to get the names of the files: holds on to them and what is in them, for those who found this one before. */
    void detach() {
        pin();
        file();
        lookup();
        aborted.isEmpty();
    }

    /** Goes on with a copy that has what this one has; slices of the old file stay readable. */
    synchronized void moveTo(PartitionFolder copy) {
        FileRecords before;
        synchronized (opening) {
            before = file;
            folder = copy;
            log = copy.log(baseOffset);
            file = null;
            aborted.moveTo(path(".txnindex"));
        }
        if (before != null) {
            openSegments.moved(this, before.channel());
        }
    }

    /** Renames the log, so that a restart does not find it; the files are removed by {@link #delete}. */
    synchronized void retire() throws IOException {
        Path deleted = path(".log.deleted");
        if (file != null) {
            file.renameTo(deleted.toFile());
        } else {
            Files.move(log, deleted);
        }
        log = deleted;
    }

    void delete() throws IOException {
        close();
        for (String suffix : new String[] {".log.deleted", ".index", ".timeindex", ".txnindex", ".snapshot"}) {
            Files.deleteIfExists(path(suffix));
        }
    }

    Path path(String suffix) {
        return folder.path().resolve(PartitionFolder.name(baseOffset) + suffix);
    }

    PartitionFolder folder() {
        return folder;
    }

    Path logFile() {
        return log;
    }

    long baseOffset() {
        return baseOffset;
    }

    /** The offset after the last one, or the next segment's base offset. */
    long endOffset() {
        return published.endOffset;
    }

    int bytes() {
        Published now = published;
        return now.bytes == UNKNOWN ? measure() : now.bytes;
    }

    private synchronized int measure() {
        Published now = published;
        if (now.bytes == UNKNOWN) {
            try {
                now = new Published(now.endOffset, Math.toIntExact(Files.size(log)));
                published = now;
                bytesAtStore = now.bytes;
            } catch (IOException e) {
                throw new KafkaStorageException(log + " cannot be read: " + e.getMessage(), e);
            }
        }
        return now.bytes;
    }

    int fileBytes() {
        return file().sizeInBytes();
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
            long last = index == null ? StoredIndex.lastTime(path(".timeindex")) : -1;
            return last >= 0 || bytes() == 0 ? last : lookup().lastTime();
        } catch (IOException e) {
            throw new KafkaStorageException(log + ": its time index cannot be read: " + e.getMessage(), e);
        }
    }

    /** The greatest time of a record; if no record has one, of the file. */
    long newestTime() {
        if (maxTimestamp() >= 0) {
            return maxTimestamp();
        }
        try {
            return Files.getLastModifiedTime(log).toMillis();
        } catch (IOException e) {
            throw new KafkaStorageException(log + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** How long the segment has been written to: by the records' own time if they have one. */
    long age(long timestamp, long now) {
        return firstTimestamp() >= 0 && timestamp >= 0 ? timestamp - firstTimestamp : now - createdAt;
    }

    /** Time of the first batch; negative if it has none. */
    long firstTimestamp() {
        if (firstTimestamp == UNKNOWN_TIME && bytes() > 0) {
            firstTimestamp = batchesFrom(0).iterator().next().maxTimestamp();
        }
        return firstTimestamp;
    }

    /** By how much earlier than others of its age this segment is rolled; chosen once. */
    long jitter(long most, RandomGenerator random) {
        if (jitter < 0) {
            jitter = most <= 0 ? 0 : random.nextLong(most);
        }
        return jitter;
    }

    /** Whether an index file would be larger than allowed. */
    boolean isIndexFull(int maxIndexBytes) {
        SparseIndex known = lookup();
        return known.entries() * SparseIndex.OFFSET_ENTRY + SparseIndex.OFFSET_ENTRY > maxIndexBytes
                || known.timeEntries() * SparseIndex.TIME_ENTRY + SparseIndex.TIME_ENTRY > maxIndexBytes;
    }

    /** What is in the segment now was not looked at since the start, up to the position. */
    void suspect(int until) {
        unverified = until <= 0 ? null : new UnverifiedBytes(until, baseOffset, published.endOffset);
    }

    AbortedTransactions aborted() {
        return aborted;
    }
}
