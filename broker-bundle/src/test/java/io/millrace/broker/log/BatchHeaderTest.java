package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients write into a batch's header beside what its records say. */
class BatchHeaderTest {

    private static final int CRC = 17;
    private static final int ATTRIBUTES = 21;
    private static final int MAX_TIMESTAMP = 35;
    private static final long NOW = 1_000_000;

    private final BatchValidator validator = new BatchValidator(new TopicPartition("orders", 0));
    private final LogLimits limits = LogLimits.of(LogConfig.of(Map.of("message.timestamp.before.max.ms", "1000", "message.timestamp.after.max.ms", "1000")));

    /** The second record is the latest. */
    private static MemoryRecords batch(long baseOffset, CompressionType codec) {
        return MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, baseOffset, Compression.of(codec).build(), TimestampType.CREATE_TIME,
                new SimpleRecord(NOW - 20, new byte[1]), new SimpleRecord(NOW - 10, new byte[1]), new SimpleRecord(NOW - 30, new byte[1]));
    }

    private static MemoryRecords saying(long maxTimestamp, MemoryRecords records) {
        ByteBuffer bytes = records.buffer();
        bytes.putLong(MAX_TIMESTAMP, maxTimestamp);
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(ATTRIBUTES));
        bytes.putInt(CRC, (int) crc.getValue());
        return records;
    }

    private RecordBatch stored(MemoryRecords records) {
        RecordBatch batch = validator.validate(records, Origin.CLIENT, limits, NOW).firstBatch();
        batch.ensureValid();
        return batch;
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void aLatestTimestampBeforeThatOfARecordIsCorrected(CompressionType codec) {
        for (long said : new long[] {RecordBatch.NO_TIMESTAMP, 0, NOW - 30, NOW - 20, NOW - 11}) {
            assertThat(stored(saying(said, batch(0, codec))).maxTimestamp()).as("said to be %d", said).isEqualTo(NOW - 10);
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void aLatestTimestampThatNoRecordMayHaveIsCorrected(CompressionType codec) {
        for (long said : new long[] {NOW + 1001, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThat(stored(saying(said, batch(0, codec))).maxTimestamp()).as("said to be %d", said).isEqualTo(NOW - 10);
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void recordsWithoutTimesHaveNoLatest(CompressionType codec) {
        MemoryRecords records = MemoryRecords.withRecords(Compression.of(codec).build(), new SimpleRecord(RecordBatch.NO_TIMESTAMP, new byte[1]));
        assertThat(stored(saying(NOW, records)).maxTimestamp()).isEqualTo(RecordBatch.NO_TIMESTAMP);
    }

    @ParameterizedTest
    @ValueSource(longs = {7, -7, Long.MAX_VALUE - 10})
    void offsetsAreTheBrokersToGive(long baseOffset) {
        assertThatThrownBy(() -> stored(batch(baseOffset, CompressionType.NONE))).isInstanceOf(InvalidRecordException.class)
                .hasMessageContaining("begins with offset " + baseOffset);
        assertThat(validator.validate(batch(7, CompressionType.NONE), Origin.COORDINATOR, limits, NOW).firstBatch().baseOffset()).isEqualTo(7);
    }
}
