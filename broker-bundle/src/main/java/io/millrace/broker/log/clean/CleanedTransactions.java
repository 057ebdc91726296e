package io.millrace.broker.log.clean;

import io.millrace.broker.log.clean.CleanableLog.AbortedTransaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * What a pass over a log, batch by batch in order, learns of its transactions: which batches were aborted, and which markers stand behind no data
 * any more. Decides only; no I/O.
 */
final class CleanedTransactions {

    private static final class Aborting {
        private final AbortedTransaction transaction;
        private boolean seen;

        Aborting(AbortedTransaction transaction) {
            this.transaction = transaction;
        }
    }

    private final PriorityQueue<AbortedTransaction> upcoming = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
    private final Map<Long, Aborting> aborting = new HashMap<>();
    private final Set<Long> committing = new HashSet<>();
    private final List<AbortedTransaction> kept = new ArrayList<>();

    /** To be called with those that overlap what is passed next; one may be given again. */
    void expect(List<AbortedTransaction> aborted) {
        upcoming.addAll(aborted);
    }

    /** @return whether all of the batch can go: it was aborted, or it is a marker whose transaction has no data before it */
    boolean pass(RecordBatch batch) {
        while (!upcoming.isEmpty() && upcoming.peek().firstOffset() <= batch.lastOffset()) {
            AbortedTransaction begins = upcoming.poll();
            if (begins.lastOffset() >= batch.baseOffset()) {
                aborting.computeIfAbsent(begins.producerId(), _ -> new Aborting(begins));
            }
        }
        return batch.isControlBatch() ? passMarker(batch) : passData(batch);
    }

    private boolean passData(RecordBatch batch) {
        if (!batch.isTransactional()) {
            return false;
        }
        Aborting transaction = aborting.get(batch.producerId());
        if (transaction != null) {
            transaction.seen = true;
            return true;
        }
        committing.add(batch.producerId());
        return false;
    }

    private boolean passMarker(RecordBatch batch) {
        Iterator<Record> records = batch.iterator();
        if (!records.hasNext()) {
            // The marker went earlier, its batch stayed for the producer's epoch.
            return true;
        }
        return switch (ControlRecordType.parse(records.next().key())) {
            case ABORT -> {
                Aborting transaction = aborting.remove(batch.producerId());
                if (transaction == null || !transaction.seen) {
                    yield true;
                }
                kept.add(transaction.transaction);
                yield false;
            }
            case COMMIT -> !committing.remove(batch.producerId());
            default -> false;
        };
    }

    /** Those whose markers were passed since the last call and must be kept, since readers may still have the data. */
    List<AbortedTransaction> takeKept() {
        List<AbortedTransaction> taken = List.copyOf(kept);
        kept.clear();
        return taken;
    }
}
