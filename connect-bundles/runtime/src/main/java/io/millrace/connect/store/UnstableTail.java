package io.millrace.connect.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * The part of a log behind the first open transaction, where a consumer of committed records does not get. What stands there without a transaction, or in
 * one whose commit stands there too, is committed all the same (KIP-98): it is given when that is known, so not always in the order of the log. For one thread.
 */
final class UnstableTail {

    /** Of transactions that have not ended yet, by producer. */
    private final Map<Long, List<Record>> open = new HashMap<>();
    private long position;

    /** @param stableOffset the log's last stable offset: what is before is known */
    UnstableTail(long stableOffset) {
        this.position = stableOffset;
    }

    /** Where to read on. */
    long position() {
        return position;
    }

    /**
     * @param batches whole batches, the first of which may begin before the position
     * @return whether there were any
     */
    boolean read(ByteBuffer batches, Consumer<Record> committed) {
        long before = position;
        for (RecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            if (batch.isControlBatch()) {
                end(batch, committed);
            } else {
                take(batch, committed);
            }
            position = Math.max(position, batch.nextOffset());
        }
        return position > before;
    }

    private void end(RecordBatch marker, Consumer<Record> committed) {
        List<Record> ended = open.remove(marker.producerId());
        if (ended != null && ControlRecordType.parse(marker.iterator().next().key()) == ControlRecordType.COMMIT) {
            ended.forEach(committed);
        }
    }

    private void take(RecordBatch batch, Consumer<Record> committed) {
        Consumer<Record> taker = batch.isTransactional() ? open.computeIfAbsent(batch.producerId(), _ -> new ArrayList<>())::add : committed;
        for (Record record : batch) {
            if (record.offset() >= position) {
                taker.accept(record);
            }
        }
    }
}
