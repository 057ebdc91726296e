package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.DefaultRecord;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Compressed batches that are small on the wire and large in memory. */
@Timeout(60)
class UnpackedBatchTest {

    private static final int MEGABYTE = 1 << 20;
    private static final int MAX_MESSAGE = MEGABYTE;
    private static final long NOW = 1_000_000;

    private final BatchValidator validator = new BatchValidator(new TopicPartition("orders", 0));

    private static LogLimits limits(String... more) {
        Map<String, String> config = new HashMap<>(Map.of("max.message.bytes", String.valueOf(MAX_MESSAGE)));
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        return LogLimits.of(LogConfig.of(config));
    }

    /** So many records of zeros, written one by one so that the test has not all of them in memory. */
    private static MemoryRecords bomb(CompressionType codec, int records, int recordBytes) throws IOException {
        ByteBufferOutputStream bytes = new ByteBufferOutputStream(MEGABYTE);
        bytes.position(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        byte[] value = new byte[recordBytes];
        try (DataOutputStream out = new DataOutputStream(Compression.of(codec).build().wrapForOutput(bytes, RecordBatch.MAGIC_VALUE_V2))) {
            for (int i = 0; i < records; i++) {
                DefaultRecord.writeTo(out, i, 0, null, ByteBuffer.wrap(value), new Header[0]);
            }
        }
        ByteBuffer buffer = bytes.buffer().flip();
        DefaultRecordBatch.writeHeader(buffer, 0, records - 1, buffer.limit(), RecordBatch.MAGIC_VALUE_V2, codec, TimestampType.CREATE_TIME, NOW, NOW,
                RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH, RecordBatch.NO_SEQUENCE, false, false, false, 0, records);
        return MemoryRecords.readableRecords(buffer.rewind());
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** Lz4 and snappy cannot: they pack 255 and 21 to 1 at best. */
    @ParameterizedTest
    @EnumSource(value = CompressionType.class, names = {"GZIP", "ZSTD"}, mode = Mode.INCLUDE)
    void aBatchThatUnpacksToFarTooMuchIsRefusedWithLittleMemory(CompressionType codec) throws IOException {
        MemoryRecords bomb = bomb(codec, 260, MEGABYTE);
        assertThat(bomb.sizeInBytes()).isLessThan(MAX_MESSAGE);
        long before = allocated();
        assertThatThrownBy(() -> validator.validate(bomb, Origin.CLIENT, limits(), NOW)).isInstanceOf(RecordTooLargeException.class)
                .hasMessageContaining("times max.message.bytes");
        assertThat(allocated() - before).isLessThan(8L * MEGABYTE);
    }

    @Test
    void aSingleRecordThatUnpacksToFarTooMuchIsRefusedWithLittleMemory() throws IOException {
        MemoryRecords bomb = bomb(CompressionType.ZSTD, 1, 65 * MEGABYTE);
        assertThat(bomb.sizeInBytes()).isLessThan(20_000);
        long before = allocated();
        assertThatThrownBy(() -> validator.validate(bomb, Origin.CLIENT, limits(), NOW)).isInstanceOf(ApiException.class);
        assertThat(allocated() - before).isLessThan(8L * MEGABYTE);
    }

    @Test
    void whatRealClientsCompressWellIsStored() throws IOException {
        MemoryRecords records = bomb(CompressionType.ZSTD, 30, 2 * MEGABYTE);
        assertThat(validator.validate(records, Origin.CLIENT, limits(), NOW)).isSameAs(records);
    }

    @Test
    void aBatchThatGrowsBeyondTheLimitByConversionIsRefusedBeforeItIsInMemory() throws IOException {
        MemoryRecords records = bomb(CompressionType.ZSTD, 50, 2 * MEGABYTE);
        long before = allocated();
        assertThatThrownBy(() -> validator.validate(records, Origin.CLIENT, limits("compression.type", "uncompressed"), NOW))
                .isInstanceOf(RecordTooLargeException.class).hasMessageContaining("converted to none");
        assertThat(allocated() - before).isLessThan(16L * MEGABYTE);
    }

    @Test
    void notEveryRefusedRecordOfManyIsTold() {
        SimpleRecord[] old = IntStream.range(0, 20_000).mapToObj(_ -> new SimpleRecord(NOW - 100, new byte[1])).toArray(SimpleRecord[]::new);
        MemoryRecords records = MemoryRecords.withRecords(Compression.of(CompressionType.LZ4).build(), old);
        assertThatThrownBy(() -> validator.validate(records, Origin.CLIENT, limits("message.timestamp.before.max.ms", "50"), NOW))
                .isInstanceOfSatisfying(RefusedRecordsException.class, refused -> assertThat(refused.records()).hasSize(1000));
    }
}
