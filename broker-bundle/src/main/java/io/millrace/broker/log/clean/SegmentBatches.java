package io.millrace.broker.log.clean;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Reads segments in pieces of whole batches, through one buffer. The buffer grows for a larger batch and shrinks again afterwards. */
final class SegmentBatches {

    private static final int SIZE_OFFSET = 8;
    private static final int CRC_OFFSET = 17;

    private final int usualBytes;
    private ByteBuffer buffer;

    SegmentBatches(int usualBytes) {
        this.usualBytes = Math.max(usualBytes, 2 * DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        this.buffer = ByteBuffer.allocate(this.usualBytes);
    }

    /**
     * @return one or more whole batches from the position on, valid until the next call; never empty
     * @throws CorruptRecordException if there is no whole batch
     */
    MemoryRecords from(CleanableSegment segment, int position, int maxBatchBytes) throws IOException {
        buffer.clear();
        segment.readInto(buffer, position);
        if (validBytes() == 0) {
            int size = size(segment, position);
            if (size <= buffer.capacity()) {
                throw corrupt(segment, position, "is cut off");
            }
            if (size > maxBatchBytes) {
                // The limit may have been larger when it was written, or its size is wrong: memory is only taken for what is a batch.
                verify(segment, position, size);
            }
            buffer = ByteBuffer.allocate(size);
            segment.readInto(buffer, position);
        }
        return MemoryRecords.readableRecords(buffer.slice(0, validBytes()));
    }

    private int validBytes() {
        return MemoryRecords.readableRecords(buffer).validBytes();
    }

    private int size(CleanableSegment segment, int position) {
        if (buffer.remaining() < DefaultRecordBatch.RECORD_BATCH_OVERHEAD) {
            throw corrupt(segment, position, "is cut off");
        }
        long size = (long) buffer.getInt(SIZE_OFFSET) + SIZE_OFFSET + Integer.BYTES;
        if (size < DefaultRecordBatch.RECORD_BATCH_OVERHEAD || size > segment.bytes() - position) {
            throw corrupt(segment, position, "says that it has " + size + " bytes, " + (segment.bytes() - position) + " are there");
        }
        return (int) size;
    }

    private void verify(CleanableSegment segment, int position, int size) throws IOException {
        int expected = buffer.getInt(CRC_OFFSET);
        CRC32C crc = new CRC32C();
        int from = position + CRC_OFFSET + Integer.BYTES;
        while (from < position + size) {
            buffer.clear().limit(Math.min(buffer.capacity(), position + size - from));
            segment.readInto(buffer, from);
            from += buffer.remaining();
            crc.update(buffer);
        }
        if ((int) crc.getValue() != expected) {
            throw corrupt(segment, position, "of " + size + " bytes has a wrong CRC");
        }
    }

    private static CorruptRecordException corrupt(CleanableSegment segment, int position, String what) {
        return new CorruptRecordException(segment + ": the batch at byte " + position + " " + what);
    }

    int capacity() {
        return buffer.capacity();
    }

    void shrink() {
        if (buffer.capacity() > usualBytes) {
            buffer = ByteBuffer.allocate(usualBytes);
        }
    }
}
