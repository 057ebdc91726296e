package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code .log} file of a segment: opened when it is needed, let go by {@link OpenSegments} when nobody has used it for long, held on to while it is
 * appended to. Slices taken before stay readable. Readers see what {@link #publish} said last, without a lock.
 */
final class SegmentFile {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentFile.class);
    private static final int UNKNOWN = -1;

    /** What readers may see: the next offset, and how many bytes are before it; those of a sealed segment are looked up when asked for. */
    record Published(long endOffset, int bytes) {}

    private final long baseOffset;
    private final OpenSegments openSegments;
    /** What goes together with the file when that is let go. */
    private final Runnable beside;
    private volatile PartitionFolder folder;
    private volatile Path log;
    private volatile Published published;
    private volatile FileRecords file;
    private volatile UnverifiedBytes unverified;
    private int measured;
    private volatile boolean used;
    private volatile boolean dirty;
    /** Set while the segment is appended to: then its file must stay the one that the appender uses. */
    private volatile boolean pinned;
    private final Object opening = new Object();

    SegmentFile(PartitionFolder folder, long baseOffset, OpenSegments openSegments, Runnable beside) {
        this.folder = folder;
        this.log = folder.log(baseOffset);
        this.baseOffset = baseOffset;
        this.openSegments = openSegments;
        this.beside = beside;
        this.published = new Published(baseOffset, 0);
    }

    /** Makes it empty, whatever was there. */
    void create() throws IOException {
        FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING).close();
    }

    void publish(long endOffset, int bytes) {
        published = new Published(endOffset, bytes);
    }

    /** The file is whole up to its end, wherever that is. */
    void publishAll(long endOffset) {
        published = new Published(endOffset, UNKNOWN);
    }

    Published published() {
        return published;
    }

    long endOffset() {
        return published.endOffset;
    }

    int bytes() {
        Published now = published;
        return now.bytes == UNKNOWN ? measure() : now.bytes;
    }

    /** Whether {@link #bytes} need not ask the file. */
    boolean isMeasured() {
        return published.bytes != UNKNOWN;
    }

    /** What a sealed file had when it was asked for, before anything was appended. */
    int measured() {
        return measured;
    }

    private synchronized int measure() {
        Published now = published;
        if (now.bytes == UNKNOWN) {
            try {
                measured = Math.toIntExact(Files.size(log));
                now = new Published(now.endOffset, measured);
                published = now;
            } catch (IOException e) {
                throw new KafkaStorageException(log + " cannot be read: " + e.getMessage(), e);
            }
        }
        return now.bytes;
    }

    FileRecords open() {
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

    void pin() {
        synchronized (opening) {
            pinned = true;
        }
    }

    void unpin() {
        pinned = false;
    }

    boolean isPinned() {
        return pinned;
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
            beside.run();
            return open.channel();
        }
    }

    /** On failure nothing of the batches remains. */
    void append(MemoryRecords records, int position) throws IOException {
        FileRecords open = open();
        dirty = true;
        try {
            open.append(records);
        } catch (Throwable e) {
            open.truncateTo(position);
            throw e;
        }
    }

    void flush() throws IOException {
        FileRecords open = open();
        dirty = false;
        open.flush();
    }

    void truncateTo(int bytes) throws IOException {
        open().truncateTo(bytes);
    }

    /** Fills the buffer from the position on, up to the end of the file, and flips it. */
    void readInto(ByteBuffer buffer, int position) throws IOException {
        open().readInto(buffer, position);
    }

    Iterable<FileChannelRecordBatch> batchesFrom(int position) {
        return open().batchesFrom(position);
    }

    /** What is in the file now was not looked at since the start, up to the position. */
    void suspect(int until) {
        unverified = until <= 0 ? null : new UnverifiedBytes(until, baseOffset, published.endOffset);
    }

    /** What is sound of that stretch, of which the first batch is. */
    Records slice(FileRecords open, int position, int size) {
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

    void close() throws IOException {
        FileRecords open = file;
        openSegments.closed(this);
        if (open != null) {
            open.close();
        }
    }

    /** Goes on with a copy that has what this one has; slices of the old file stay readable. */
    void moveTo(PartitionFolder copy) {
        FileRecords before;
        synchronized (opening) {
            before = file;
            folder = copy;
            log = copy.log(baseOffset);
            file = null;
        }
        if (before != null) {
            openSegments.moved(this, before.channel());
        }
    }

    /** Renames the file, so that a restart does not find it. */
    synchronized void retire() throws IOException {
        Path deleted = path(".log.deleted");
        try {
            if (file != null) {
                file.renameTo(deleted.toFile());
            } else {
                Files.move(log, deleted);
            }
        } catch (NoSuchFileException gone) {
            LOG.warn("{}: somebody has removed it", log);
        }
        log = deleted;
    }

    PartitionFolder folder() {
        return folder;
    }

    /** The name of a file beside this one. */
    Path path(String suffix) {
        return folder.path().resolve(PartitionFolder.name(baseOffset) + suffix);
    }

    Path log() {
        return log;
    }

    @Override
    public String toString() {
        return log.toString();
    }
}
