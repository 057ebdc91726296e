package io.millrace.broker.log.clean;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.FilterResult;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;

/**
 * One cleaning of one log: notes the latest offset of each key in the dirty part, as far as the map reaches, then writes everything before anew,
 * group of segments by group, without what was superseded. Runs on the calling thread.
 */
final class Cleaning {

    private final CleanableLog log;
    private final CompactionPolicy policy;
    private final DirtyRange range;
    private final long now;
    private final OffsetMap latest;
    private final SegmentBatches batches;
    private final Pace pace;
    private final BufferSupplier decompression = BufferSupplier.create();
    private ByteBuffer output;
    private long bytesRead;
    private long bytesWritten;

    Cleaning(CleanableLog log, DirtyRange range, long now, OffsetMap latest, SegmentBatches batches, Pace pace) {
        this.log = log;
        this.policy = log.policy();
        this.range = range;
        this.now = now;
        this.latest = latest;
        this.batches = batches;
        this.pace = pace;
        this.output = ByteBuffer.allocate(batches.capacity());
    }

    /** @return what was done; the log is clean up to {@link CleaningReport#until} */
    CleaningReport run() throws IOException {
        try {
            return clean();
        } finally {
            decompression.close();
            batches.shrink();
        }
    }

    private CleaningReport clean() throws IOException {
        List<? extends CleanableSegment> segments = before(range.until());
        indexDirty(segments);
        long until = latest.latestOffset() + 1;
        if (until <= range.firstDirty()) {
            throw new IllegalStateException("nothing between offsets " + range.firstDirty() + " and " + range.until() + " could be noted");
        }
        List<? extends CleanableSegment> cleanable = segments.stream().filter(segment -> segment.baseOffset() < until).toList();
        CleanedTransactions transactions = new CleanedTransactions();
        long before = cleanable.stream().mapToLong(CleanableSegment::bytes).sum();
        long after = 0;
        int next = 0;
        for (List<CleanableSegment> group : SegmentGroups.of(cleanable, policy, range.until())) {
            List<Long> ends = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                next++;
                ends.add(endBefore(segments, next));
            }
            after += clean(group, ends, transactions, until);
        }
        return new CleaningReport(range.firstDirty(), until, before, after, latest.utilization(), bytesRead, bytesWritten);
    }

    private List<? extends CleanableSegment> before(long offset) {
        return log.segments().stream().filter(segment -> segment.baseOffset() < offset).toList();
    }

    private long endBefore(List<? extends CleanableSegment> segments, int next) {
        return next < segments.size() ? segments.get(next).baseOffset() : range.until();
    }

    private void indexDirty(List<? extends CleanableSegment> segments) throws IOException {
        CleanedTransactions transactions = new CleanedTransactions();
        transactions.expect(log.abortedTransactions(range.firstDirty(), range.until()));
        for (int i = 0; i < segments.size(); i++) {
            CleanableSegment segment = segments.get(i);
            long end = endBefore(segments, i + 1);
            if (end <= range.firstDirty()) {
                continue;
            }
            int position = segment.baseOffset() >= range.firstDirty() ? 0 : segment.positionBefore(range.firstDirty());
            while (position < segment.bytes()) {
                MemoryRecords read = read(segment, position);
                for (MutableRecordBatch batch : read.batches()) {
                    validate(segment, position, batch);
                    if (!transactions.pass(batch) && !batch.isControlBatch() && !note(batch)) {
                        return;
                    }
                    if (batch.lastOffset() >= range.firstDirty()) {
                        latest.advance(batch.lastOffset());
                    }
                    position += batch.sizeInBytes();
                }
            }
            latest.advance(end - 1);
        }
    }

    /** @return false if the map is full */
    private boolean note(MutableRecordBatch batch) {
        if (batch.lastOffset() < range.firstDirty()) {
            return true;
        }
        try (CloseableIterator<Record> records = batch.streamingIterator(decompression)) {
            while (records.hasNext()) {
                Record record = records.next();
                if (record.offset() >= range.firstDirty() && record.hasKey() && !latest.put(record.key(), record.offset())) {
                    return false;
                }
            }
        }
        return true;
    }

    /** @return the size of the segment that took the group's place */
    private long clean(List<CleanableSegment> group, List<Long> ends, CleanedTransactions transactions, long until) throws IOException {
        CleanedSegment cleaned = log.begin(group.getFirst().baseOffset());
        try {
            long size = 0;
            for (int i = 0; i < group.size(); i++) {
                CleanableSegment segment = group.get(i);
                transactions.expect(log.abortedTransactions(segment.baseOffset(), ends.get(i)));
                RecordRetention retention = new RecordRetention(now, policy.deleteRetentionMs(), latest, transactions, log.lastRecordsOfProducers(), until);
                size += clean(segment, cleaned, retention);
                for (CleanableLog.AbortedTransaction aborted : transactions.takeKept()) {
                    cleaned.append(aborted);
                }
            }
            cleaned.replace(group);
            return size;
        } finally {
            cleaned.discard();
        }
    }

    private long clean(CleanableSegment segment, CleanedSegment cleaned, RecordRetention retention) throws IOException {
        long size = 0;
        int position = 0;
        while (position < segment.bytes()) {
            MemoryRecords read = read(segment, position);
            output.clear();
            FilterResult result;
            try {
                result = read.filterTo(retention, output, decompression, Integer.MAX_VALUE);
            } catch (KafkaException | IllegalArgumentException corrupt) {
                throw new CorruptRecordException(segment + ": a batch at or after byte " + position + " cannot be read: " + corrupt.getMessage(), corrupt);
            }
            ByteBuffer kept = result.outputBuffer();
            if (kept.position() > 0) {
                kept.flip();
                size += kept.remaining();
                bytesWritten += kept.remaining();
                pace.written(kept.remaining());
                cleaned.append(MemoryRecords.readableRecords(kept));
            }
            position += read.sizeInBytes();
        }
        return size;
    }

    private MemoryRecords read(CleanableSegment segment, int position) throws IOException {
        MemoryRecords read = batches.from(segment, position, policy.maxBatchBytes());
        bytesRead += read.sizeInBytes();
        pace.read(read.sizeInBytes());
        return read;
    }

    private static void validate(CleanableSegment segment, int position, RecordBatch batch) {
        if (batch.magic() < RecordBatch.MAGIC_VALUE_V2) {
            throw new CorruptRecordException(segment + ": the batch at byte " + position + " has the old format of magic " + batch.magic()
                    + ", which is not cleaned");
        }
        try {
            batch.ensureValid();
        } catch (CorruptRecordException wrong) {
            throw new CorruptRecordException(segment + ": the batch at byte " + position + ": " + wrong.getMessage(), wrong);
        }
    }
}
