package io.millrace.broker.log;

import java.io.File;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Goes from batch to batch of a segment by their headers. What no CRC covers is the base offset and the length: batches that are out of order, or that
 * end before the file does, are damage, and whoever passed over them would pass over records in silence.
 */
final class BatchSearch {

    /** Told where no such batch begins as it should. */
    static final LogOffsetPosition NO_SUCH_BATCH = new LogOffsetPosition(-1, -1, -1);
    static final long ANY = -1;

    private BatchSearch() {
    }

    /**
     * @param from       where a batch begins
     * @param firstEnds  last offset of that batch, or {@link #ANY}
     * @param baseOffset that no batch there is before
     * @return the first batch whose last offset is at least {@code offset}, null if there is none up to the end of the file, or {@link #NO_SUCH_BATCH}
     * @throws CorruptRecordException if the way there is damaged
     */
    static LogOffsetPosition holding(FileRecords file, long offset, int from, long firstEnds, long baseOffset) {
        int size = file.sizeInBytes();
        long expected = baseOffset;
        int end = from;
        for (FileChannelRecordBatch batch : file.batchesFrom(from)) {
            checkFormat(file.file(), batch);
            if (batch.position() == from && firstEnds != ANY && batch.lastOffset() != firstEnds) {
                return NO_SUCH_BATCH;
            }
            checkOrder(file.file(), batch, expected);
            expected = batch.lastOffset() + 1;
            end = batch.position() + batch.sizeInBytes();
            if (batch.lastOffset() >= offset) {
                return new LogOffsetPosition(batch.baseOffset(), batch.position(), batch.sizeInBytes());
            }
        }
        if (end == from && firstEnds != ANY) {
            return NO_SUCH_BATCH;
        }
        if (end < size) {
            throw new CorruptRecordException(file.file() + ": there is no batch at byte " + end + ", " + (size - end) + " bytes before the end");
        }
        return null;
    }

    /** What follows in a batch depends on it, and batches of another format are not stored. */
    static void checkFormat(File file, FileChannelRecordBatch batch) {
        if (batch.magic() != RecordBatch.MAGIC_VALUE_V2) {
            throw new CorruptRecordException(file + ": the batch at byte " + batch.position() + " has magic " + batch.magic());
        }
    }

    /** @param expected that the batch may not begin before */
    static void checkOrder(File file, FileChannelRecordBatch batch, long expected) {
        checkFormat(file, batch);
        if (batch.baseOffset() < expected || batch.lastOffset() < batch.baseOffset()) {
            throw new CorruptRecordException(file + ": the batch at byte " + batch.position() + " has offsets " + batch.baseOffset() + " to " + batch.lastOffset()
                    + " after " + (expected - 1));
        }
    }
}
