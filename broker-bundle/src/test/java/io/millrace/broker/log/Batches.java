package io.millrace.broker.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Record batches for tests of the log. */
final class Batches {

    private Batches() {
    }

    static MemoryRecords of(String... values) {
        return at(System.currentTimeMillis(), values);
    }

    static MemoryRecords at(long timestamp, String... values) {
        return MemoryRecords.withRecords(Compression.NONE, simple(timestamp, values));
    }

    static MemoryRecords idempotent(long producer, int epoch, int sequence, String... values) {
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producer, (short) epoch, sequence, simple(System.currentTimeMillis(), values));
    }

    static MemoryRecords transactional(long producer, int sequence, String... values) {
        return MemoryRecords.withTransactionalRecords(Compression.NONE, producer, (short) 0, sequence, simple(System.currentTimeMillis(), values));
    }

    static MemoryRecords marker(long producer, ControlRecordType type) {
        ByteBuffer buffer = ByteBuffer.allocate(128);
        MemoryRecords.writeEndTransactionalMarker(buffer, 0, System.currentTimeMillis(), 0, producer, (short) 0, new EndTransactionMarker(type, 0));
        return MemoryRecords.readableRecords(buffer.flip());
    }

    private static SimpleRecord[] simple(long timestamp, String... values) {
        return Stream.of(values).map(value -> new SimpleRecord(timestamp, value.getBytes())).toArray(SimpleRecord[]::new);
    }

    /** Everything in the log from the offset on, read in slices of that size. */
    static List<String> values(PartitionLog log, long from, int maxBytes) {
        List<String> values = new ArrayList<>();
        long offset = from;
        while (offset < log.endOffset()) {
            long before = offset;
            for (Record record : log.read(offset, maxBytes, log.endOffset(), true).records()) {
                if (record.offset() < offset) {
                    continue;
                }
                byte[] bytes = new byte[record.valueSize()];
                record.value().get(bytes);
                values.add(new String(bytes));
                offset = record.offset() + 1;
            }
            if (offset == before) {
                throw new AssertionError("nothing is read at offset " + offset + " of " + log.endOffset());
            }
        }
        return values;
    }

    static List<String> values(PartitionLog log) {
        return values(log, log.startOffset(), 1 << 20);
    }
}
