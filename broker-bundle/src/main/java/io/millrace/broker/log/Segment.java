package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;

/**
 * A stretch of a partition's log: one {@link SegmentFile}, its {@link SegmentIndex} and its {@link AbortedTransactions}. One thread appends; readers
 * go by what the file published, without a lock. A sealed segment is a few numbers until somebody reads it, and again when nobody has for long
 * ({@link OpenSegments}); slices taken before stay readable.
 */
final class Segment {

    private final long baseOffset;
    private final SegmentFile file;
    private final SegmentIndex index;
    private final AbortedTransactions aborted;
    /** Null until something is appended, and from when it is sealed. */
    private volatile RecentBatches recent;
    private long createdAt;
    private long jitter = -1;

    private Segment(PartitionFolder folder, long baseOffset, OpenSegments openSegments) {
        this.baseOffset = baseOffset;
        this.file = new SegmentFile(folder, baseOffset, openSegments, this::releaseBeside);
        this.index = new SegmentIndex(file, baseOffset);
        this.aborted = new AbortedTransactions(file.path(".txnindex"));
    }

    private void releaseBeside() {
        index.release();
        aborted.release();
    }

    static Segment create(PartitionFolder folder, long baseOffset, OpenSegments openSegments, long now) throws IOException {
        Segment segment = new Segment(folder, baseOffset, openSegments);
        segment.aborted.clear();
        segment.index.begin();
        segment.createdAt = now;
        segment.index.deleteFiles();
        segment.file.create();
        return segment;
    }

    /** A segment that is whole and not appended to. Touches no file. @param endOffset at most the next segment's base offset */
    static Segment sealed(PartitionFolder folder, long baseOffset, long endOffset, OpenSegments openSegments) {
        Segment segment = new Segment(folder, baseOffset, openSegments);
        segment.trust(endOffset);
        return segment;
    }

    /** A segment that is about to be appended to or recovered: {@link #resume} or {@link #observe} say what it holds. */
    static Segment open(PartitionFolder folder, long baseOffset, OpenSegments openSegments) throws IOException {
        Segment segment = new Segment(folder, baseOffset, openSegments);
        segment.createdAt = Files.getLastModifiedTime(segment.file.log()).toMillis();
        segment.index.begin();
        return segment;
    }

    /**
     * Takes over what the index files say of the batches before {@code trustedUntil}, so that only what follows must be observed.
     *
     * @return the position from which batches must be observed
     */
    int resume(long trustedUntil) throws IOException {
        int position = index.resume(trustedUntil);
        file.publish(baseOffset, position);
        return position;
    }

    /** Says what a segment holds that was closed in order: the rest is taken from its files when it is needed. */
    void trust(long endOffset) {
        index.trustFiles();
        file.publishAll(endOffset);
    }

    /** Takes a batch that is in the file already into the index. */
    void observe(FileChannelRecordBatch batch, int intervalBytes) {
        index.add(index.growing(), batch, batch.position(), intervalBytes);
        file.publish(batch.nextOffset(), batch.position() + batch.sizeInBytes());
    }

    /** Whether what is appended now will be found: not behind damage. Asked before the first append after a start in order, it looks at the end. */
    boolean isAppendable() {
        return index.isAppendable();
    }

    /** Appends whole batches whose offsets are final. On failure nothing of them remains. */
    void append(MemoryRecords records, long nextOffset, int intervalBytes) throws IOException {
        if (!file.isPinned()) {
            file.pin();
        }
        GrowingIndex growing = index.growing();
        int at = file.bytes();
        file.append(records, at);
        if (recent == null) {
            recent = new RecentBatches();
        }
        for (RecordBatch batch : records.batches()) {
            index.add(growing, batch, at, intervalBytes);
            recent.add(batch, at);
            at += batch.sizeInBytes();
        }
        file.publish(nextOffset, at);
    }

    /**
     * @return null if the segment holds nothing at or after the offset
     * @see PartitionLog#read
     */
    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        int bytes = file.bytes();
        FileRecords open = file.open();
        int limit = bytes;
        if (maxOffset < file.endOffset()) {
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
            return file.slice(open, start.position, available);
        }
        if (maxBytes < start.size) {
            return minOneBatch ? file.slice(open, start.position, start.size) : MemoryRecords.EMPTY;
        }
        return file.slice(open, start.position, index.endOfWholeBatches(open, start, start.position + maxBytes) - start.position);
    }

    private LogOffsetPosition find(FileRecords open, long offset) {
        RecentBatches last = recent;
        LogOffsetPosition found = last == null ? null : last.holding(offset);
        return found != null ? found : index.find(open, offset);
    }

    /** Fills the buffer from the position on, up to the end of the file, and flips it. */
    void readInto(ByteBuffer buffer, int position) throws IOException {
        file.readInto(buffer, position);
    }

    Iterable<FileChannelRecordBatch> batchesFrom(int position) {
        return file.batchesFrom(position);
    }

    /** Where to look for the first record of at least that time. */
    int positionBeforeTime(long timestamp) {
        return index.positionBeforeTime(timestamp);
    }

    int positionBefore(long offset) {
        return index.positionBefore(offset);
    }

    void flush() throws IOException {
        file.flush();
    }

    void truncateTo(int bytes) throws IOException {
        recent = null;
        file.truncateTo(bytes);
    }

    /** From now on the segment is not appended to; its index is complete. */
    void seal() {
        recent = null;
        index.seal();
        file.unpin();
    }

    /** Brings what stands beside the file to its own files; a sealed segment then needs it no more on the heap. */
    void storeIndex(boolean sealed) throws IOException {
        index.store(sealed);
        aborted.flush();
    }

    /** Bytes appended since the index was stored. */
    int bytesSinceStore() {
        return index.bytesSinceStore();
    }

    void close() throws IOException {
        file.close();
    }

    /** Another segment is about to get the names of the files: holds on to them and what is in them, for those who found this one before. */
    void detach() {
        file.pin();
        file.open();
        index.detach();
        aborted.isEmpty();
    }

    /** Goes on with a copy that has what this one has; slices of the old file stay readable. */
    void moveTo(PartitionFolder copy) {
        // Nobody reads the index from one folder and writes it to the other.
        synchronized (index) {
            file.moveTo(copy);
            aborted.moveTo(path(".txnindex"));
        }
    }

    /** Renames the log, so that a restart does not find it; the files are removed by {@link #delete}. */
    void retire() throws IOException {
        file.retire();
    }

    void delete() throws IOException {
        close();
        for (String suffix : new String[] {".log.deleted", ".index", ".timeindex", ".txnindex", ".snapshot"}) {
            Files.deleteIfExists(path(suffix));
        }
    }

    Path path(String suffix) {
        return file.path(suffix);
    }

    PartitionFolder folder() {
        return file.folder();
    }

    Path logFile() {
        return file.log();
    }

    long baseOffset() {
        return baseOffset;
    }

    /** The offset after the last one, or the next segment's base offset. */
    long endOffset() {
        return file.endOffset();
    }

    int bytes() {
        return file.bytes();
    }

    int fileBytes() {
        return file.open().sizeInBytes();
    }

    /** The greatest time of a record, or -1. */
    long maxTimestamp() {
        return index.maxTimestamp();
    }

    /** The greatest time of a record; if no record has one, of the file. */
    long newestTime() {
        if (maxTimestamp() >= 0) {
            return maxTimestamp();
        }
        try {
            return Files.getLastModifiedTime(file.log()).toMillis();
        } catch (IOException e) {
            throw new KafkaStorageException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** How long the segment has been written to: by the records' own time if they have one. */
    long age(long timestamp, long now) {
        return firstTimestamp() >= 0 && timestamp >= 0 ? timestamp - firstTimestamp() : now - createdAt;
    }

    /** Time of the first batch; negative if it has none. */
    long firstTimestamp() {
        return index.firstTimestamp();
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
        return index.isFull(maxIndexBytes);
    }

    /** What is in the segment now was not looked at since the start, up to the position. */
    void suspect(int until) {
        file.suspect(until);
    }

    AbortedTransactions aborted() {
        return aborted;
    }
}
