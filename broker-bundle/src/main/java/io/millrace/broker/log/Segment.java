package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;

/**
 * A stretch of a partition's log: one {@code .log} file and its indexes. One thread appends; readers see what {@link #published} says, without a
 * lock. Its file stays open until {@link #close}, so slices taken before a deletion stay readable.
 */
final class Segment {

    /** What readers may see: the next offset, and how many bytes are before it. */
    private record Published(long endOffset, int bytes) {}

    private final long baseOffset;
    private final PartitionFolder folder;
    private final FileRecords file;
    private final AbortedTransactions aborted;
    private SparseIndex index;
    private volatile Published published;
    private volatile long maxTimestamp = -1;
    private long firstTimestamp = -1;
    private long createdAt;
    private int bytesSinceEntry;

    private Segment(PartitionFolder folder, long baseOffset, FileRecords file) {
        this.folder = folder;
        this.baseOffset = baseOffset;
        this.file = file;
        this.aborted = new AbortedTransactions(path(".txnindex"));
        this.published = new Published(baseOffset, file.sizeInBytes());
    }

    static Segment create(PartitionFolder folder, long baseOffset, long now) throws IOException {
        Path log = folder.log(baseOffset);
        Segment segment = new Segment(folder, baseOffset, FileRecords.open(log.toFile(), true));
        segment.index = new SparseIndex();
        segment.createdAt = now;
        return segment;
    }

    static Segment open(PartitionFolder folder, long baseOffset) throws IOException {
        Path log = folder.log(baseOffset);
        Segment segment = new Segment(folder, baseOffset, FileRecords.open(log.toFile(), true, true, 0, false));
        segment.createdAt = Files.getLastModifiedTime(log).toMillis();
        return segment;
    }

    /** Uses the index files if they are whole. @return whether they were */
    boolean loadIndex() throws IOException {
        index = SparseIndex.read(path(".index"), path(".timeindex"), Math.max(1, file.sizeInBytes()));
        if (index == null) {
            return false;
        }
        aborted.load();
        return true;
    }

    /** Begins to rebuild what {@link #observe} is then called for batch by batch. */
    void resetIndex() throws IOException {
        index = new SparseIndex();
        aborted.clear();
        bytesSinceEntry = 0;
        maxTimestamp = -1;
        firstTimestamp = -1;
        published = new Published(baseOffset, 0);
    }

    /** Takes a batch that is in the file already into the index. */
    void observe(FileChannelRecordBatch batch, int intervalBytes) {
        index(batch.baseOffset(), batch.position(), batch.sizeInBytes(), batch.maxTimestamp(), intervalBytes);
        published = new Published(batch.nextOffset(), batch.position() + batch.sizeInBytes());
    }

    /** Sets what an intact, unscanned segment holds. */
    void assume(long endOffset, long lastTimestamp) {
        published = new Published(endOffset, file.sizeInBytes());
        maxTimestamp = lastTimestamp;
    }

    private void index(long firstOffset, int position, int size, long timestamp, int intervalBytes) {
        if (firstTimestamp < 0) {
            firstTimestamp = timestamp;
        }
        maxTimestamp = Math.max(maxTimestamp, timestamp);
        if (bytesSinceEntry > intervalBytes) {
            index.add((int) (firstOffset - baseOffset), position, maxTimestamp);
            bytesSinceEntry = 0;
        }
        bytesSinceEntry += size;
    }

    /** Appends whole batches whose offsets are final. On failure nothing of them remains. */
    void append(MemoryRecords records, long firstOffset, long nextOffset, long timestamp, int intervalBytes) throws IOException {
        int position = published.bytes;
        try {
            file.append(records);
        } catch (IOException e) {
            file.truncateTo(position);
            throw e;
        }
        index(firstOffset, position, records.sizeInBytes(), timestamp, intervalBytes);
        published = new Published(nextOffset, position + records.sizeInBytes());
    }

    /** @see PartitionLog#read */
    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        Published now = published;
        int limit = now.bytes;
        if (maxOffset < now.endOffset) {
            LogOffsetPosition end = find(maxOffset);
            limit = end == null ? now.bytes : end.position;
        }
        LogOffsetPosition start = find(offset);
        if (start == null || start.position >= limit) {
            return MemoryRecords.EMPTY;
        }
        int available = limit - start.position;
        if (available <= maxBytes) {
            return file.slice(start.position, available);
        }
        if (maxBytes < start.size) {
            return minOneBatch ? file.slice(start.position, start.size) : MemoryRecords.EMPTY;
        }
        int stop = start.position + maxBytes;
        // An indexed batch begins there, so all before it is whole: that much is returned even if this batch is the one that does not fit.
        int end = Math.max(start.position + start.size, index.batchBefore(stop));
        for (FileChannelRecordBatch batch : file.batchesFrom(end)) {
            int next = batch.position() + batch.sizeInBytes();
            if (next > stop) {
                break;
            }
            end = next;
        }
        return file.slice(start.position, end - start.position);
    }

    private LogOffsetPosition find(long offset) {
        int from = offset <= baseOffset ? 0 : index.positionBefore((int) Math.min(Integer.MAX_VALUE, offset - baseOffset));
        return file.searchForOffsetFromPosition(offset, from);
    }

    Iterable<FileChannelRecordBatch> batchesFrom(int position) {
        return file.batchesFrom(position);
    }

    /** Where to look for the first record of at least that time. */
    int positionBeforeTime(long timestamp) {
        return index.positionBeforeTime(timestamp);
    }

    int positionBefore(long offset) {
        return index.positionBefore((int) Math.min(Integer.MAX_VALUE, Math.max(0, offset - baseOffset)));
    }

    void flush() throws IOException {
        file.flush();
    }

    void truncateTo(int bytes) throws IOException {
        file.truncateTo(bytes);
    }

    /** Writes the index files. */
    void seal() throws IOException {
        index.write(path(".index"), path(".timeindex"));
    }

    void syncIndexes() throws IOException {
        for (String suffix : new String[] {".index", ".timeindex", ".txnindex"}) {
            DurableFile.sync(path(suffix));
        }
    }

    void close() throws IOException {
        file.close();
    }

    /** Renames the files, so that a restart does not find them; they are removed by {@link #delete}. */
    void retire() throws IOException {
        file.renameTo(path(".log.deleted").toFile());
    }

    void delete() throws IOException {
        file.close();
        for (String suffix : new String[] {".log.deleted", ".index", ".timeindex", ".txnindex", ".snapshot"}) {
            Files.deleteIfExists(path(suffix));
        }
    }

    Path path(String suffix) {
        return folder.path().resolve(PartitionFolder.name(baseOffset) + suffix);
    }

    long baseOffset() {
        return baseOffset;
    }

    long endOffset() {
        return published.endOffset;
    }

    int bytes() {
        return published.bytes;
    }

    int fileBytes() {
        return file.sizeInBytes();
    }

    long maxTimestamp() {
        return maxTimestamp;
    }

    /** Time since which the segment's age counts. */
    long since() {
        return firstTimestamp >= 0 ? firstTimestamp : createdAt;
    }

    long createdAt() {
        return createdAt;
    }

    AbortedTransactions aborted() {
        return aborted;
    }
}
