package io.millrace.broker.log;

import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Where the batches are that were appended last. Whoever reads at the end of a log asks for one of them, and finds it here without going through
 * the file from the index's last entry on. One thread adds; any thread looks, and finds a batch or does not.
 */
final class RecentBatches {

    private static final int MOST = 8;

    private record Recent(long baseOffset, long lastOffset, int position, int size) {
    }

    /** Each is complete for whoever sees it at all. */
    private final Recent[] batches = new Recent[MOST];
    private int next;

    void add(RecordBatch batch, int position) {
        batches[next] = new Recent(batch.baseOffset(), batch.lastOffset(), position, batch.sizeInBytes());
        next = (next + 1) % MOST;
    }

    /** @return the batch that holds the offset; null if it is not among these */
    LogOffsetPosition holding(long offset) {
        for (Recent batch : batches) {
            if (batch != null && batch.baseOffset <= offset && offset <= batch.lastOffset) {
                return new LogOffsetPosition(batch.baseOffset, batch.position, batch.size);
            }
        }
        return null;
    }
}
