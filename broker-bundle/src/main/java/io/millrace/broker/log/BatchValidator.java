package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.RefusedRecordsException.Refused;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
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
 * Refuses batches that must not be stored, with the reason, and converts those that the topic wants in another codec. Stateless but for the
 * buffers it decompresses into: one per log, used under the log's append lock.
 */
final class BatchValidator {

    private static final int HEADER = 61;
    private static final int BASE_TIMESTAMP = 27;
    /** Of a compressed batch, as multiples of max.message.bytes: more than real records need, and less than a bomb. */
    private static final int MOST_UNPACKED = 256;
    private static final int LARGEST_UNPACKED = 64;
    /** Of the records that are refused, how many are told. */
    private static final int MANY_REFUSED = 1000;

    private final TopicPartition partition;
    private final RecordScan scan = new RecordScan();
    private final BufferSupplier buffers = BufferSupplier.create();

    BatchValidator(TopicPartition partition) {
        this.partition = partition;
    }

    /** @return the records to store: the given ones, or their conversion */
    MemoryRecords validate(MemoryRecords records, Origin origin, LogLimits limits, long now) {
        if (records.sizeInBytes() < HEADER || records.validBytes() != records.sizeInBytes()) {
            throw new CorruptRecordException(partition + ": " + records.sizeInBytes() + " bytes do not hold whole record batches");
        }
        CompressionType wanted = limits.compression();
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
            convert |= wanted != null && wanted != batch.compressionType() && !batch.isControlBatch();
        }
        if (origin == Origin.CLIENT && idempotent && batches > 1) {
            throw new InvalidRecordException(partition + ": a request holds " + batches + " batches of an idempotent producer, allowed is 1");
        }
        return convert ? convert(records, wanted, limits) : records;
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
        if (batch.isControlBatch() && origin == Origin.CLIENT) {
            throw new InvalidRecordException(partition + ": clients may not write control batches");
        }
        long count = batch.countOrNull();
        if (count <= 0 || batch.lastOffset() - batch.baseOffset() + 1 != count) {
            throw new InvalidRecordException(partition + ": a batch says that it has " + count + " records with offsets " + batch.baseOffset() + " to "
                    + batch.lastOffset());
        }
        if (batch.hasProducerId() && origin == Origin.CLIENT && batch.baseSequence() < 0) {
            throw new InvalidRecordException(partition + ": producer " + batch.producerId() + " sent a batch without a sequence");
        }
        if (batch.isTransactional() && !batch.hasProducerId()) {
            throw new InvalidRecordException(partition + ": a transactional batch has no producer id");
        }
    }

    /** Whether a quick look suffices; what needs unpacking does not get one. */
    private boolean isFlawless(ByteBuffer buffer, int position, MutableRecordBatch batch, LogLimits limits, long now) {
        if (batch.compressionType() != CompressionType.NONE || !buffer.hasArray() || batch.timestampType() == TimestampType.LOG_APPEND_TIME) {
            return false;
        }
        boolean timed = limits.timestampType() == TimestampType.CREATE_TIME;
        long earliest = timed ? now - limits.maxBehindMs() : Long.MIN_VALUE;
        long latest = timed && now < Long.MAX_VALUE - limits.maxAheadMs() ? now + limits.maxAheadMs() : Long.MAX_VALUE;
        int from = buffer.arrayOffset() + buffer.position() + position;
        long baseTimestamp = buffer.getLong(buffer.position() + position + BASE_TIMESTAMP);
        return scan.isFlawless(buffer.array(), from + HEADER, from + batch.sizeInBytes(), batch.countOrNull(), baseTimestamp, earliest, latest,
                limits.compacted());
    }

    private void checkRecords(MutableRecordBatch batch, LogLimits limits, long now) {
        int expected = batch.countOrNull();
        int seen = 0;
        boolean timed = limits.timestampType() != TimestampType.LOG_APPEND_TIME;
        long earliest = now - limits.maxBehindMs();
        long latest = now > Long.MAX_VALUE - limits.maxAheadMs() ? Long.MAX_VALUE : now + limits.maxAheadMs();
        List<Refused> refused = null;
        boolean untimely = false;
        long most = batch.isCompressed() ? (long) MOST_UNPACKED * limits.maxBatchBytes() : Long.MAX_VALUE;
        long unpacked = 0;
        try (CloseableIterator<Record> records = batch.skipKeyValueIterator(buffers, largestUnpacked(limits))) {
            while (records.hasNext()) {
                Record record = records.next();
                unpacked += record.sizeInBytes();
                if (unpacked > most) {
                    throw new RecordTooLargeException(partition + ": a batch of " + batch.sizeInBytes() + " bytes unpacks to more than " + most + ", which is "
                            + MOST_UNPACKED + " times max.message.bytes");
                }
                if (record.offset() != batch.baseOffset() + seen) {
                    throw new InvalidRecordException(partition + ": record " + seen + " of a batch has offset delta "
                            + (record.offset() - batch.baseOffset()));
                }
                long timestamp = record.timestamp();
                if (timed && (timestamp < earliest || timestamp > latest) && timestamp != RecordBatch.NO_TIMESTAMP) {
                    untimely = true;
                    refused = note(refused, seen, "timestamp " + timestamp + " is too far from the broker's time " + now
                            + "; see message.timestamp.before.max.ms and message.timestamp.after.max.ms");
                }
                if (limits.compacted() && !record.hasKey()) {
                    refused = note(refused, seen, "a compacted topic takes no record without a key");
                }
                seen++;
            }
        }
        if (seen != expected) {
            throw new InvalidRecordException(partition + ": a batch says that it has " + expected + " records and has " + seen);
        }
        if (refused != null) {
            String message = partition + ": " + (refused.size() < MANY_REFUSED ? "" : "at least ") + refused.size() + " of " + seen + " records were refused, the first: " + refused.getFirst().message();
            throw new RefusedRecordsException(untimely ? new InvalidTimestampException(message) : new InvalidRecordException(message), refused);
        }
    }

    private static int largestUnpacked(LogLimits limits) {
        return (int) Math.min(Integer.MAX_VALUE - Long.BYTES, (long) LARGEST_UNPACKED * limits.maxBatchBytes());
    }

    private static List<Refused> note(List<Refused> refused, int index, String message) {
        List<Refused> all = refused == null ? new ArrayList<>() : refused;
        if (all.size() < MANY_REFUSED) {
            all.add(new Refused(index, message));
        }
        return all;
    }

    private MemoryRecords convert(MemoryRecords records, CompressionType codec, LogLimits limits) {
        ByteBuffer converted = ByteBuffer.allocate(records.sizeInBytes());
        for (MutableRecordBatch batch : records.batches()) {
            MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(Math.max(batch.sizeInBytes(), HEADER)), RecordBatch.MAGIC_VALUE_V2,
                    Compression.of(codec).build(), batch.timestampType(), batch.baseOffset(), RecordBatch.NO_TIMESTAMP, batch.producerId(),
                    batch.producerEpoch(), batch.baseSequence(), batch.isTransactional(), RecordBatch.NO_PARTITION_LEADER_EPOCH);
            try (CloseableIterator<Record> iterator = batch.streamingIterator(buffers, largestUnpacked(limits))) {
                while (iterator.hasNext()) {
                    builder.append(iterator.next());
                    checkConverted(builder.estimatedSizeInBytes(), codec, limits);
                }
            }
            ByteBuffer built = builder.build().buffer();
            checkConverted(built.remaining(), codec, limits);
            if (converted.remaining() < built.remaining()) {
                ByteBuffer larger = ByteBuffer.allocate((converted.position() + built.remaining()) * 2);
                converted = larger.put(converted.flip());
            }
            converted.put(built);
        }
        return MemoryRecords.readableRecords(converted.flip());
    }

    private void checkConverted(int bytes, CompressionType codec, LogLimits limits) {
        if (bytes > limits.maxBatchBytes()) {
            throw new RecordTooLargeException(partition + ": a batch that is converted to " + codec.name + " becomes larger than max.message.bytes="
                    + limits.maxBatchBytes());
        }
    }
}
