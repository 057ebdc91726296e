package io.millrace.streams.job;

import io.millrace.api.log.LogSlice;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.BufferSupplier;
import org.apache.kafka.common.utils.CloseableIterator;

/**
 * The records of a slice, without control records and those of aborted transactions, as a consumer with {@code read_committed} sees them
 * (KIP-98). Batches are decompressed one at a time, when they are reached. Their checksums were verified by the broker when it took them.
 */
final class CommittedRecords implements Iterator<Record> {

    private final Iterator<MutableRecordBatch> batches;
    private final PriorityQueue<LogSlice.AbortedTransaction> aborted =
            new PriorityQueue<>(Comparator.comparingLong(LogSlice.AbortedTransaction::firstOffset));
    private final Set<Long> aborting = new HashSet<>();
    private CloseableIterator<Record> records;

    CommittedRecords(LogSlice slice) {
        batches = MemoryRecords.readableRecords(slice.batches()).batches().iterator();
        aborted.addAll(slice.aborted());
    }

    @Override
    public boolean hasNext() {
        while (records == null || !records.hasNext()) {
            if (records != null) {
                records.close();
                records = null;
            }
            if (!batches.hasNext()) {
                return false;
            }
            MutableRecordBatch batch = batches.next();
            if (isWanted(batch)) {
                records = batch.streamingIterator(BufferSupplier.NO_CACHING);
            }
        }
        return true;
    }

    private boolean isWanted(MutableRecordBatch batch) {
        while (!aborted.isEmpty() && aborted.peek().firstOffset() <= batch.lastOffset()) {
            aborting.add(aborted.poll().producerId());
        }
        if (batch.isControlBatch()) {
            Iterator<Record> markers = batch.iterator();
            if (markers.hasNext() && ControlRecordType.parse(markers.next().key()) == ControlRecordType.ABORT) {
                aborting.remove(batch.producerId());
            }
            return false;
        }
        return !(batch.isTransactional() && aborting.contains(batch.producerId()));
    }

    @Override
    public Record next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return records.next();
    }
}
