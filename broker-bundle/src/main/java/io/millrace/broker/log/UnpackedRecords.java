package io.millrace.broker.log;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ChunkedBytesStream;
import org.xerial.snappy.SnappyError;

/**
 * The records of a compressed batch, one after another, without an object for any: unpacked piece by piece, since a megabyte can unpack to gigabytes,
 * and looked through more closely than a broker of Kafka does, which stores records whose sizes contradict each other and that no consumer can read.
 * Confined to one thread.
 */
final class UnpackedRecords implements AutoCloseable {

    private static final int CHUNK = 16 * 1024;

    private final TopicPartition partition;
    private final DefaultRecordBatch batch;
    private final int most;
    private final int mostOfOne;
    private final BufferSupplier buffers;
    private final ByteBuffer buffer;
    private final byte[] chunk;
    private InputStream whole;
    private InputStream source;
    private int position;
    private int limit;
    private long before;
    private long timestamp;
    private int offsetDelta;
    private boolean hasKey;

    /**
     * @param batch     a compressed one of magic 2
     * @param most      bytes that it may unpack to; what has one more is refused as too large
     * @param mostOfOne the same of one record
     */
    UnpackedRecords(TopicPartition partition, RecordBatch batch, int most, int mostOfOne, BufferSupplier buffers) {
        this.partition = partition;
        this.batch = (DefaultRecordBatch) batch;
        this.most = most;
        this.mostOfOne = mostOfOne;
        this.buffers = buffers;
        this.buffer = buffers.get(CHUNK);
        this.chunk = buffer.array();
    }

    /**
     * Goes to the next record.
     *
     * @throws InvalidRecordException  if there is none, or it is not well-formed
     * @throws RecordTooLargeException if the batch is larger than it may be
     */
    void next() {
        try {
            read();
        } catch (EOFException early) {
            throw malformed("ends within a record", null);
        } catch (IOException | RuntimeException | SnappyError broken) {
            throw refused(broken);
        }
    }

    boolean isAtEnd() {
        try {
            return position == limit && !fill();
        } catch (IOException | RuntimeException | SnappyError broken) {
            throw refused(broken);
        }
    }

    long timestamp() {
        return timestamp;
    }

    int offsetDelta() {
        return offsetDelta;
    }

    boolean hasKey() {
        return hasKey;
    }

    private void read() throws IOException {
        int size = varint();
        long begin = before + position;
        if (size <= 0) {
            throw malformed("has a record of " + size + " bytes", null);
        }
        if (size > mostOfOne) {
            throw malformed("has a record of " + size + " bytes, " + mostOfOne + " are allowed (max.decompressed.message.bytes, and 64 times max.message.bytes)",
                    null);
        }
        octet(); // attributes, of which none is in use
        timestamp = batch.baseTimestamp() + varlong();
        offsetDelta = varint();
        int key = varint();
        hasKey = key >= 0;
        skip(key, true);
        skip(varint(), true);
        int headers = varint();
        if (headers < 0) {
            throw malformed("has a record of " + headers + " headers", null);
        }
        for (; headers > 0; headers--) {
            skip(varint(), false);
            skip(varint(), true);
        }
        long read = before + position - begin;
        if (read != size) {
            throw malformed("has a record of " + size + " bytes whose fields have " + read, null);
        }
    }

    private void skip(int count, boolean nullable) throws IOException {
        if (count < 0) {
            if (count == -1 && nullable) {
                return;
            }
            throw malformed("has a field of " + count + " bytes", null);
        }
        int left = count;
        while (left > limit - position) {
            left -= limit - position;
            position = limit;
            if (!fill()) {
                throw new EOFException();
            }
        }
        position += left;
    }

    private byte octet() throws IOException {
        if (position == limit && !fill()) {
            throw new EOFException();
        }
        return chunk[position++];
    }

    private int varint() throws IOException {
        int raw = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            byte next = octet();
            raw |= (next & 0x7f) << shift;
            if (next >= 0) {
                return raw >>> 1 ^ -(raw & 1);
            }
        }
        throw malformed("has a number of more than 5 bytes", null);
    }

    private long varlong() throws IOException {
        long raw = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte next = octet();
            raw |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return raw >>> 1 ^ -(raw & 1);
            }
        }
        throw malformed("has a number of more than 10 bytes", null);
    }

    private boolean fill() throws IOException {
        if (source == null) {
            NativeLz4.loadFor(batch.compressionType());
            whole = batch.recordInputStream(buffers);
            source = whole instanceof ChunkedBytesStream chunked ? chunked.sourceStream() : whole;
        }
        int read = source.read(chunk, 0, CHUNK);
        if (read <= 0) {
            return false;
        }
        before += limit;
        position = 0;
        limit = read;
        checkSize(before + limit);
        return true;
    }

    private void checkSize(long unpacked) {
        if (unpacked > most) {
            throw new RecordTooLargeException(partition + ": a batch of " + batch.sizeInBytes() + " bytes unpacks to more than " + most
                    + ", which is many times max.message.bytes");
        }
    }

    private RuntimeException refused(Throwable broken) {
        if (broken instanceof InvalidRecordException || broken instanceof RecordTooLargeException) {
            return (RuntimeException) broken;
        }
        Throwable root = broken;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return malformed("cannot be unpacked: " + root, broken);
    }

    private InvalidRecordException malformed(String what, Throwable cause) {
        return new InvalidRecordException(partition + ": a batch packed as " + batch.compressionType().name + " " + what, cause);
    }

    @Override
    public void close() {
        buffers.release(buffer);
        try {
            if (whole != null) {
                whole.close();
            }
        } catch (IOException | RuntimeException | SnappyError broken) {
            // What was to be found out was found out before.
        }
    }
}
