package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Appended;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Takes batches into a log: those that may not be stored are refused, those that are there already are told from the others, which get their offsets
 * and are written. One per log, called with its {@code appending} held.
 */
final class LogAppender {

    private final TopicPartition partition;
    private final LogPlace place;
    private final ProducerStates producers;
    private final LogTail tail;
    private final LogOffsets offsets;
    private final Availability availability;
    private final BatchValidator validator;

    LogAppender(TopicPartition partition, LogPlace place, ProducerStates producers, LogTail tail, LogOffsets offsets, Availability availability) {
        this.partition = partition;
        this.place = place;
        this.producers = producers;
        this.tail = tail;
        this.offsets = offsets;
        this.availability = availability;
        this.validator = new BatchValidator(partition);
    }

    /**
     * @param waits whether somebody will ask for the records to be durable
     * @see PartitionLog#append
     */
    Appended append(MemoryRecords given, Origin origin, int leaderEpoch, Verification verification, LogLimits limits, long now, boolean waits) {
        availability.check();
        if (!origin.isCoordinator()) {
            place.dir().space().check();
        }
        MemoryRecords records = validator.validate(given, origin, limits, now);
        if (records.sizeInBytes() > limits.segmentBytes()) {
            throw new RecordBatchTooLargeException(partition + ": " + records.sizeInBytes() + " bytes are more than segment.bytes=" + limits.segmentBytes());
        }
        for (RecordBatch batch : records.batches()) {
            ProducerState.Batch earlier = producers.admit(batch, origin, verification);
            if (earlier != null) {
                return new Appended(earlier.firstOffset(), earlier.lastOffset(), earlier.timestamp(), offsets.start(), true);
            }
        }
        boolean stamp = limits.timestampType() == TimestampType.LOG_APPEND_TIME;
        long first = offsets.end();
        long next = first;
        long maxTimestamp = -1;
        for (MutableRecordBatch batch : records.batches()) {
            next += batch.countOrNull();
            batch.setLastOffset(next - 1);
            batch.setPartitionLeaderEpoch(leaderEpoch);
            if (stamp) {
                batch.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, now);
            }
            maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        }
        try {
            tail.write(records, next, maxTimestamp, leaderEpoch, limits, now);
        } catch (IOException e) {
            throw notWritten(e, records.sizeInBytes());
        } catch (RuntimeException e) {
            throw tail.hasUnnoted() ? unnoted(e) : e;
        }
        if (waits) {
            tail.stage(records, first);
        }
        place.dir().space().took(records.sizeInBytes());
        offsets.settle();
        return new Appended(first, next - 1, stamp ? now : RecordBatch.NO_TIMESTAMP, offsets.start(), false);
    }

    /** What is appended next would take its offsets again. */
    private KafkaStorageException unnoted(Exception e) {
        return availability.fail("has a batch that could not be noted", e);
    }

    private KafkaStorageException notWritten(IOException e, int bytes) {
        if (tail.hasUnnoted()) {
            return unnoted(e);
        }
        place.dir().space().refused(e, bytes);
        if (!DiskSpace.isShortage(e)) {
            return availability.fail("cannot be written", e);
        }
        return new KafkaStorageException(partition + ": nothing was appended, the disk refused it: " + e.getMessage(), e);
    }
}
