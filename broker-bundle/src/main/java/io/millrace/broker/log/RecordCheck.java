package io.millrace.broker.log;

import io.millrace.broker.log.RefusedRecordsException.Refused;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.record.internal.RecordBatch;

/** What the records of one batch must fulfil, asked record by record; those that do not are told together at the end. */
final class RecordCheck {

    /** A megabyte may hold millions of records. */
    private static final int MOST_TOLD = 1000;

    private final TopicPartition partition;
    private final LogLimits limits;
    private final long now;
    private final long earliest;
    private final long latest;
    private final List<Refused> told = new ArrayList<>();
    private int seen;
    private int refused;
    private boolean untimely;
    private long maxTimestamp = RecordBatch.NO_TIMESTAMP;

    RecordCheck(TopicPartition partition, LogLimits limits, long now) {
        this.partition = partition;
        this.limits = limits;
        this.now = now;
        this.earliest = limits.earliest(now);
        this.latest = limits.latest(now);
    }

    void next(long offsetDelta, long timestamp, boolean hasKey) {
        if (offsetDelta != seen) {
            throw new InvalidRecordException(partition + ": record " + seen + " of a batch has offset delta " + offsetDelta);
        }
        String wrong = null;
        if (timestamp < 0 && timestamp != RecordBatch.NO_TIMESTAMP) {
            untimely = true;
            wrong = "timestamp " + timestamp + " is before 1970, which Kafka's format has no place for";
        } else if ((timestamp < earliest || timestamp > latest) && timestamp != RecordBatch.NO_TIMESTAMP) {
            untimely = true;
            wrong = "timestamp " + timestamp + " is too far from the broker's time " + now
                    + "; see message.timestamp.before.max.ms and message.timestamp.after.max.ms";
        } else if (limits.compacted() && !hasKey) {
            wrong = "a compacted topic takes no record without a key";
        }
        if (wrong != null) {
            refused++;
            if (told.size() < MOST_TOLD) {
                told.add(new Refused(seen, wrong));
            }
        }
        maxTimestamp = Math.max(maxTimestamp, timestamp);
        seen++;
    }

    /** The latest so far; -1 if no record has one. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    /** @throws RefusedRecordsException if there were any that must not be stored */
    void end(int expected) {
        if (seen != expected) {
            throw new InvalidRecordException(partition + ": a batch says that it has " + expected + " records and has " + seen);
        }
        if (refused > 0) {
            String message = partition + ": " + refused + " of " + seen + " records were refused, the first: " + told.getFirst().message();
            throw new RefusedRecordsException(untimely ? new InvalidTimestampException(message) : new InvalidRecordException(message), told);
        }
    }
}
