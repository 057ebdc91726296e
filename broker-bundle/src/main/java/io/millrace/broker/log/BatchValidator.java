package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedCompressionTypeException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;

/**
 * Refuses batches that must not be stored, with the reason, and converts those that the topic wants in another codec. One per log, used under
 * the log's append lock.
 */
final class BatchValidator {

    private static final int HEADER = 61;
    private static final int BASE_TIMESTAMP = 27;
    /** Of a compressed batch, as multiples of max.message.bytes: more than real records need, and less than a bomb. */
    private static final int MOST_UNPACKED = 256;
    private static final int LARGEST_UNPACKED = 64;

    private final TopicPartition partition;
    private final RecordScan scan = new RecordScan();
    private final BufferSupplier buffers = UnpackingBuffers.SHARED;

    BatchValidator(TopicPartition partition) {
        this.partition = partition;
    }

    /** @return the records to store: the given ones, or their conversion */
    MemoryRecords validate(MemoryRecords records, Origin origin, LogLimits limits, long now) {
        if (records.sizeInBytes() < HEADER || records.validBytes() != records.sizeInBytes()) {
            throw new CorruptRecordException(partition + ": " + records.sizeInBytes() + " bytes do not hold whole record batches");
        }
        boolean convert = false;
        int batches = 0;
        int position = 0;
        boolean idempotent = false;
        for (MutableRecordBatch batch : records.batches()) {
            batches++;
            checkHeader(batch, origin, limits);
            idempotent |= batch.hasProducerId();
            if (origin == Origin.CLIENT && !isFlawless(records.buffer(), position, batch, limits, now)) {
                checkRecords(batch, limits, now);
            }
            position += batch.sizeInBytes();
            convert |= isConverted(batch, limits);
        }
        if (origin == Origin.CLIENT && idempotent && batches > 1) {
            throw new InvalidRecordException(partition + ": a request holds " + batches + " batches of an idempotent producer, allowed is 1");
        }
        return convert ? convert(records, limits) : records;
    }

    private void checkHeader(MutableRecordBatch batch, Origin origin, LogLimits limits) {
        if (batch.magic() != RecordBatch.MAGIC_VALUE_V2) {
            throw new InvalidRecordException(partition + ": record batches of magic " + batch.magic() + " are not stored; use a client of Kafka 0.11 or later");
        }
        if (batch.sizeInBytes() > limits.maxBatchBytes()) {
            throw new RecordTooLargeException(partition + ": a batch of " + batch.sizeInBytes() + " bytes is larger than max.message.bytes="
                    + limits.maxBatchBytes());
        }
        batch.ensureValid();
        checkCodec(batch);
        if (batch.isControlBatch() && origin == Origin.CLIENT) {
            throw new InvalidRecordException(partition + ": clients may not write control batches");
        }
        if (batch.baseOffset() != 0 && origin == Origin.CLIENT) {
            throw new InvalidRecordException(partition + ": a batch begins with offset " + batch.baseOffset() + "; clients begin with 0, the broker gives offsets");
        }
        long count = batch.countOrNull();
        if (count <= 0 || batch.lastOffset() - batch.baseOffset() + 1 != count) {
            throw new InvalidRecordException(partition + ": a batch says that it has " + count + " records with offsets " + batch.baseOffset() + " to "
                    + batch.lastOffset());
        }
        if (batch.hasProducerId() && origin == Origin.CLIENT && batch.baseSequence() < 0) {
            throw new InvalidRecordException(partition + ": producer " + batch.producerId() + " sent a batch without a sequence");
        }
        if (origin == Origin.CLIENT && (batch.producerId() < RecordBatch.NO_PRODUCER_ID || batch.hasProducerId() && batch.producerEpoch() < 0)) {
            throw new InvalidRecordException(partition + ": a batch comes from producer " + batch.producerId() + " of epoch " + batch.producerEpoch()
                    + ", which cannot be");
        }
        if (batch.isTransactional() && !batch.hasProducerId()) {
            throw new InvalidRecordException(partition + ": a transactional batch has no producer id");
        }
    }

    private void checkCodec(RecordBatch batch) {
        try {
            batch.compressionType();
        } catch (IllegalArgumentException unknown) {
            throw new UnsupportedCompressionTypeException(partition + ": a batch is packed in a way that is not known: " + unknown.getMessage(), unknown);
        }
    }

    /** Whether a quick look suffices; what needs unpacking does not get one. */
    private boolean isFlawless(ByteBuffer buffer, int position, MutableRecordBatch batch, LogLimits limits, long now) {
        if (batch.compressionType() != CompressionType.NONE || !buffer.hasArray() || batch.timestampType() == TimestampType.LOG_APPEND_TIME
                || !isTimely(batch.maxTimestamp(), limits, now)) {
            return false;
        }
        int from = buffer.arrayOffset() + buffer.position() + position;
        long baseTimestamp = buffer.getLong(buffer.position() + position + BASE_TIMESTAMP);
        // Whoever looks for a time goes by the latest timestamp, so no record may be later.
        long latest = Math.min(limits.latest(now), batch.maxTimestamp());
        return scan.isFlawless(buffer.array(), from + HEADER, from + batch.sizeInBytes(), batch.countOrNull(), baseTimestamp, limits.earliest(now),
                latest, limits.compacted());
    }

    private static boolean isConverted(RecordBatch batch, LogLimits limits) {
        return limits.compression() != null && limits.compression().type() != batch.compressionType() && !batch.isControlBatch();
    }

    private static boolean isTimely(long timestamp, LogLimits limits, long now) {
        return timestamp == RecordBatch.NO_TIMESTAMP || timestamp >= limits.earliest(now) && timestamp <= limits.latest(now);
    }

    private void checkRecords(MutableRecordBatch batch, LogLimits limits, long now) {
        if (batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            throw new InvalidTimestampException(partition + ": a batch comes with timestamps of type LogAppendTime, which are the broker's to set");
        }
        RecordCheck check = new RecordCheck(partition, limits, now);
        if (batch.isCompressed()) {
            try (UnpackedRecords records = new UnpackedRecords(partition, batch, unpacked(MOST_UNPACKED, limits), largestRecord(limits), buffers)) {
                for (int left = batch.countOrNull(); left > 0; left--) {
                    records.next();
                    check.next(records.offsetDelta(), records.timestamp(), records.hasKey());
                }
                if (!records.isAtEnd()) {
                    throw new InvalidRecordException(partition + ": a batch says that it has " + batch.countOrNull() + " records and has more");
                }
            }
        } else {
            checkPlainRecords(batch, check);
        }
        check.end(batch.countOrNull());
        // Some clients write another one; retention, indexes and whoever looks for a time go by it.
        batch.setMaxTimestamp(TimestampType.CREATE_TIME, check.maxTimestamp());
    }

    private void checkPlainRecords(MutableRecordBatch batch, RecordCheck check) {
        try {
            for (Record record : batch) {
                check.next(record.offset() - batch.baseOffset(), record.timestamp(), record.hasKey());
            }
        } catch (ApiException refused) {
            throw refused;
        } catch (RuntimeException malformed) {
            throw new InvalidRecordException(partition + ": a batch does not hold records: " + malformed.getMessage(), malformed);
        }
    }

    private static int largestRecord(LogLimits limits) {
        return Math.min(limits.maxDecompressedBytes(), unpacked(LARGEST_UNPACKED, limits));
    }

    private static int unpacked(int times, LogLimits limits) {
        return (int) Math.min(Integer.MAX_VALUE - Long.BYTES, (long) times * limits.maxBatchBytes());
    }

    private MemoryRecords convert(MemoryRecords records, LogLimits limits) {
        ByteBuffer converted = ByteBuffer.allocate(records.sizeInBytes());
        for (MutableRecordBatch batch : records.batches()) {
            NativeLz4.loadFor(batch.compressionType());
            NativeLz4.loadFor(limits.compression().type());
            MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(Math.max(batch.sizeInBytes(), HEADER)), RecordBatch.MAGIC_VALUE_V2,
                    limits.compression(), batch.timestampType(), batch.baseOffset(), RecordBatch.NO_TIMESTAMP, batch.producerId(),
                    batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(), RecordBatch.NO_PARTITION_LEADER_EPOCH);
            try (CloseableIterator<Record> iterator = batch.streamingIterator(buffers, largestRecord(limits))) {
                while (iterator.hasNext()) {
                    builder.append(iterator.next());
                    // Of other codecs it is a bad guess.
                    checkConverted(limits.compression().type() == CompressionType.NONE ? builder.estimatedSizeInBytes() : 0, limits);
                }
            }
            ByteBuffer built = builder.build().buffer();
            checkConverted(built.remaining(), limits);
            if (converted.remaining() < built.remaining()) {
                ByteBuffer larger = ByteBuffer.allocate((converted.position() + built.remaining()) * 2);
                converted = larger.put(converted.flip());
            }
            converted.put(built);
        }
        return MemoryRecords.readableRecords(converted.flip());
    }

    private void checkConverted(int bytes, LogLimits limits) {
        if (bytes > limits.maxBatchBytes()) {
            throw new RecordTooLargeException(partition + ": a batch that is converted to " + limits.compression().type().name
                    + " becomes larger than max.message.bytes=" + limits.maxBatchBytes());
        }
    }
}
