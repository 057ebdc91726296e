package io.millrace.broker.log;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/** SampleBatches as producers send them. */
final class SampleBatches {

    private SampleBatches() {
    }

    /** A batch of about {@code bytes} before compression, of records of a size whose content compresses to about a third. */
    static MemoryRecords of(CompressionType codec, int bytes, int recordSize) {
        Random random = new Random(1);
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(bytes * 2), RecordBatch.MAGIC_VALUE_V2, Compression.of(codec).build(),
                TimestampType.CREATE_TIME, 0, RecordBatch.NO_TIMESTAMP, RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE, false, RecordBatch.NO_PARTITION_LEADER_EPOCH);
        for (int i = 0; i < bytes / recordSize; i++) {
            byte[] value = new byte[recordSize];
            for (int at = 0; at < recordSize; at++) {
                value[at] = (byte) (at % 3 == 0 ? 'a' + random.nextInt(26) : ' ');
            }
            builder.append(System.currentTimeMillis(), null, value);
        }
        return builder.build();
    }

    static int count(MemoryRecords records) {
        return records.batches().iterator().next().countOrNull();
    }
}
