package io.millrace.broker.log;

import java.util.Comparator;
import java.util.Optional;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Finds records by time in a log's segments. */
final class TimestampSearch {

    private final Segments segments;

    TimestampSearch(Segments segments) {
        this.segments = segments;
    }

    /** The first record at or after the time with an offset in [startOffset, maxOffset). */
    Optional<TimestampAndOffset> atOrAfter(long timestamp, long startOffset, long maxOffset) {
        return segments.unchanged(() -> find(timestamp, startOffset, maxOffset));
    }

    private Optional<TimestampAndOffset> find(long timestamp, long startOffset, long maxOffset) {
        for (Segment segment : segments.all()) {
            if (segment.maxTimestamp() < timestamp) {
                continue;
            }
            for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBeforeTime(timestamp))) {
                if (batch.baseOffset() >= maxOffset) {
                    return Optional.empty();
                }
                if (batch.maxTimestamp() < timestamp || batch.lastOffset() < startOffset) {
                    continue;
                }
                // It may not have been looked at since it was written.
                batch.ensureValid();
                NativeLz4.loadFor(batch.compressionType());
                for (Record record : batch) {
                    if (record.timestamp() >= timestamp && record.offset() >= startOffset && record.offset() < maxOffset) {
                        return Optional.of(new TimestampAndOffset(record.timestamp(), record.offset(), epochOf(batch)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** The first record of the greatest time. */
    Optional<TimestampAndOffset> greatest(long startOffset, long maxOffset) {
        long greatest = greatest();
        return greatest < 0 ? Optional.empty() : atOrAfter(greatest, startOffset, maxOffset);
    }

    private long greatest() {
        return segments.unchanged(() -> segments.all().stream().max(Comparator.comparingLong(Segment::maxTimestamp)).orElseThrow().maxTimestamp());
    }

    private static Optional<Integer> epochOf(RecordBatch batch) {
        return batch.partitionLeaderEpoch() < 0 ? Optional.empty() : Optional.of(batch.partitionLeaderEpoch());
    }
}
