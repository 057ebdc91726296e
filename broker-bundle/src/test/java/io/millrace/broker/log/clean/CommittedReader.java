package io.millrace.broker.log.clean;

import io.millrace.broker.log.clean.CleanableLog.AbortedTransaction;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * A client that reads committed records of a {@link MemoryLog} with one fetch after another, by the rules of Kafka's consumer: it knows what the
 * fetch brought and nothing of the fetches before. What a producer wrote from the first offset of an aborted transaction on is passed over until an
 * abort marker of that producer, and a marker without its record is none.
 */
final class CommittedReader {

    private final MemoryLog log;
    private final TreeMap<Long, String> offsets = new TreeMap<>();
    private final Map<String, String> table = new TreeMap<>();
    private long position;

    CommittedReader(MemoryLog log, long position) {
        this.log = log;
        this.position = position;
    }

    /** The batches of one fetch, taken from one segment, and the transactions that the broker names beside them. */
    private record Fetched(List<MutableRecordBatch> batches, List<AbortedTransaction> aborted) {}

    boolean fetch(int maxBytes) {
        return fetch(maxBytes, () -> { });
    }

    /**
     * @param meanwhile what happens after the broker took the slice of the log and before it looks which transactions were aborted
     * @return whether there was anything before the last stable offset
     */
    boolean fetch(int maxBytes, Runnable meanwhile) {
        long stable = log.settledOffset();
        List<MutableRecordBatch> slice = slice(stable, maxBytes);
        meanwhile.run();
        if (slice.isEmpty()) {
            position = Math.max(position, stable);
            return false;
        }
        take(new Fetched(slice, log.abortedTransactions(position, stable)));
        return true;
    }

    /** Reads on to the end, whatever was cleaned meanwhile. */
    CommittedReader toEnd(int maxBytes) {
        while (fetch(maxBytes)) {
            continue;
        }
        return this;
    }

    /** Whole batches of the first segment that has any, and the first of them even if it is larger. */
    private List<MutableRecordBatch> slice(long stable, int maxBytes) {
        List<MutableRecordBatch> slice = new ArrayList<>();
        for (MemoryLog.Piece segment : log.segments()) {
            int bytes = 0;
            for (MutableRecordBatch batch : segment.batches().batches()) {
                if (batch.lastOffset() < position) {
                    continue;
                }
                bytes += batch.sizeInBytes();
                if (batch.lastOffset() >= stable || !slice.isEmpty() && bytes > maxBytes) {
                    return slice;
                }
                slice.add(batch);
            }
            if (!slice.isEmpty()) {
                return slice;
            }
        }
        return slice;
    }

    private void take(Fetched fetched) {
        PriorityQueue<AbortedTransaction> begin = new PriorityQueue<>(Comparator.comparingLong(AbortedTransaction::firstOffset));
        begin.addAll(fetched.aborted);
        Set<Long> aborting = new HashSet<>();
        for (MutableRecordBatch batch : fetched.batches) {
            while (!begin.isEmpty() && begin.peek().firstOffset() <= batch.lastOffset()) {
                aborting.add(begin.poll().producerId());
            }
            if (isAbortMarker(batch)) {
                aborting.remove(batch.producerId());
            } else if (!batch.isControlBatch() && !(batch.isTransactional() && aborting.contains(batch.producerId()))) {
                batch.forEach(this::take);
            }
            position = batch.nextOffset();
        }
    }

    private static boolean isAbortMarker(RecordBatch batch) {
        return batch.isControlBatch() && batch.iterator().hasNext() && ControlRecordType.parse(batch.iterator().next().key()) == ControlRecordType.ABORT;
    }

    private void take(Record record) {
        if (record.offset() < position || !record.hasKey()) {
            return;
        }
        String key = text(record.key());
        String value = text(record.value());
        offsets.put(record.offset(), key + "=" + value);
        if (value == null) {
            table.remove(key);
        } else {
            table.put(key, value);
        }
    }

    private static String text(ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    /** What was read, by offset. */
    TreeMap<Long, String> offsets() {
        return offsets;
    }

    /** The latest value of each key that is not deleted. */
    Map<String, String> table() {
        return table;
    }

    long position() {
        return position;
    }
}
