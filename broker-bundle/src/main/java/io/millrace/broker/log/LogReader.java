package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import io.millrace.broker.log.PartitionLog.Committed;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;

/** What is read of a log, by offset or by time, beside those who append and without a lock. Thread-safe; the methods are {@link PartitionLog}'s. */
final class LogReader {

    /** Aborted transactions beyond what was read are harmless; only when they are many it pays to look where it ends. */
    private static final int MANY_ABORTED = 64;

    private final TopicPartition partition;
    private final Segments segments;
    private final LogOffsets offsets;
    private final Availability availability;

    LogReader(TopicPartition partition, Segments segments, LogOffsets offsets, Availability availability) {
        this.partition = partition;
        this.segments = segments;
        this.offsets = offsets;
        this.availability = availability;
    }

    Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        availability.check();
        long end = offsets.end();
        long start = offsets.start();
        if (offset < start || offset > end) {
            throw new OffsetOutOfRangeException(partition + ": offset " + offset + " is outside of " + start + " to " + end);
        }
        return offset < Math.min(maxOffset, end) ? segments.read(offset, maxBytes, maxOffset, minOneBatch) : MemoryRecords.EMPTY;
    }

    Committed readCommitted(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        return segments.unchanged(() -> {
            Records records = read(offset, maxBytes, maxOffset, minOneBatch);
            if (records.sizeInBytes() == 0) {
                return new Committed(records, List.of());
            }
            List<AbortedTransaction> aborted = abortedTransactions(offset, maxOffset);
            if (aborted.size() > MANY_ABORTED) {
                aborted = records.lastBatch().map(last -> abortedTransactions(offset, last.nextOffset())).orElse(aborted);
            }
            return new Committed(records, aborted);
        });
    }

    List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return segments.aborted(fromOffset, toOffset).stream().sorted(Comparator.comparingLong(Entry::firstOffset)).map(Entry::toFetchResponse).toList();
    }

    Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset) {
        return lookUp(() -> new TimestampSearch(segments).atOrAfter(timestamp, offsets.start(), maxOffset));
    }

    Optional<TimestampAndOffset> maxTimestamp() {
        return lookUp(() -> new TimestampSearch(segments).greatest(offsets.start(), offsets.end()));
    }

    private <T> T lookUp(Supplier<T> search) {
        try {
            return search.get();
        } catch (KafkaStorageException ofDisk) {
            throw ofDisk;
        } catch (KafkaException | IllegalArgumentException damaged) {
            throw new CorruptRecordException(partition + ": the log is damaged where a time is looked for: " + damaged.getMessage(), damaged);
        }
    }
}
