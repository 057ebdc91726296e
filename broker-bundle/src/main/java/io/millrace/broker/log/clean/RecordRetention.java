package io.millrace.broker.log.clean;

import io.millrace.broker.log.clean.CleanableLog.LastRecord;
import java.util.Map;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Which records and batches outlive a cleaning. Of each key the last record stays; a tombstone and a marker without data stay for
 * {@code delete.retention.ms} from the cleaning that met them first, which writes the time of their end into their batch (KIP-534). A producer's
 * last batch stays, if need be empty, so that its sequence and epoch are found in the log. Decides only; no clock, no I/O.
 */
final class RecordRetention extends RecordFilter {

    private final OffsetMap latest;
    private final CleanedTransactions transactions;
    private final Map<Long, LastRecord> producers;
    private final long until;
    private boolean batchGoes;

    /** @param until where this cleaning ends: the batch before it stays, so that the log's end is found */
    RecordRetention(long now, long deleteRetentionMs, OffsetMap latest, CleanedTransactions transactions, Map<Long, LastRecord> producers, long until) {
        super(now, deleteRetentionMs);
        this.latest = latest;
        this.transactions = transactions;
        this.producers = producers;
        this.until = until;
    }

    @Override
    protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
        batch.ensureValid();
        boolean needless = transactions.pass(batch);
        batchGoes = needless && (!batch.isControlBatch() || isOver(batch));
        BatchRetention retention;
        if (isLastOfProducer(batch) || batch.nextOffset() == until) {
            retention = BatchRetention.RETAIN_EMPTY;
        } else {
            retention = batchGoes ? BatchRetention.DELETE : BatchRetention.DELETE_EMPTY;
        }
        return new BatchRetentionResult(retention, needless && batch.isControlBatch());
    }

    private boolean isOver(RecordBatch batch) {
        return batch.deleteHorizonMs().isPresent() && batch.deleteHorizonMs().getAsLong() <= currentTime;
    }

    private boolean isLastOfProducer(RecordBatch batch) {
        LastRecord last = batch.hasProducerId() ? producers.get(batch.producerId()) : null;
        if (last == null) {
            return false;
        }
        return last.dataOffset() >= 0 ? batch.lastOffset() == last.dataOffset() : batch.isControlBatch() && batch.producerEpoch() == last.producerEpoch();
    }

    @Override
    protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
        if (batchGoes) {
            return false;
        }
        if (batch.isControlBatch() || record.offset() > latest.latestOffset()) {
            return true;
        }
        // What was written without a key before the topic was compacted has nobody to outlive.
        return record.hasKey() && record.offset() >= latest.get(record.key()) && (record.hasValue() || !isOver(batch));
    }
}
