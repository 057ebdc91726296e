package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.fuzz.Allocation;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.common.utils.internals.ByteUtils;
import org.apache.kafka.common.utils.internals.Crc32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UnpackedRecordsTest {

    private static final int HEADER = 61;

    /** A batch of less than a megabyte whose only record has so many zeros. */
    private static MemoryRecords zeros(CompressionType codec, int valueBytes) throws IOException {
        int body = 4 + ByteUtils.sizeOfVarint(valueBytes) + valueBytes + 1;
        ByteBufferOutputStream packed = new ByteBufferOutputStream(1 << 16);
        try (DataOutputStream out = new DataOutputStream(Compression.of(codec).build().wrapForOutput(packed, RecordBatch.MAGIC_VALUE_V2))) {
            ByteUtils.writeVarint(body, out);
            out.writeByte(0);
            ByteUtils.writeVarlong(0, out);
            ByteUtils.writeVarint(0, out);
            ByteUtils.writeVarint(-1, out);
            ByteUtils.writeVarint(valueBytes, out);
            byte[] some = new byte[1 << 16];
            for (int left = valueBytes; left > 0; left -= some.length) {
                out.write(some, 0, Math.min(left, some.length));
            }
            ByteUtils.writeVarint(0, out);
        }
        ByteBuffer payload = packed.buffer().flip();
        ByteBuffer batch = ByteBuffer.allocate(HEADER + payload.remaining());
        batch.putLong(0).putInt(batch.capacity() - 12).putInt(-1).put((byte) 2).putInt(0).putShort((short) codec.id).putInt(0).putLong(5).putLong(5)
                .putLong(-1).putShort((short) -1).putInt(-1).putInt(1).put(payload);
        batch.putInt(17, (int) Crc32C.compute(batch.array(), 21, batch.capacity() - 21));
        assertThat(batch.capacity()).as("%s of %d zeros", codec, valueBytes).isLessThan(2 << 20);
        return MemoryRecords.readableRecords(batch.flip());
    }

    private static MemoryRecords validated(MemoryRecords records, String compressionType) {
        LogLimits limits = LogLimits.of(LogConfig.of(Map.of("compression.type", compressionType, "max.message.bytes", "2000000")));
        return new BatchValidator(LogFixture.PARTITION).validate(records, Origin.CLIENT, limits, 10);
    }

    @ParameterizedTest
    @EnumSource(value = CompressionType.class, names = {"GZIP", "LZ4", "ZSTD"})
    void aBombIsRefusedInTheMemoryOfABuffer(CompressionType codec) throws IOException {
        MemoryRecords bomb = zeros(codec, 300 << 20);
        long bound = 8L << 20;
        Runnable attempt = () -> assertThatThrownBy(() -> validated(bomb, "producer")).isInstanceOf(InvalidRecordException.class)
                .hasMessageContaining("max.decompressed.message.bytes");
        assertThat(Allocation.of(attempt, bound)).isLessThan(bound);
    }

    @Test
    void whatUnpacksToAHundredMegabytesIsStoredAsItCame() throws IOException {
        MemoryRecords large = zeros(CompressionType.ZSTD, 100 << 20);
        assertThat(validated(large, "producer").buffer()).isEqualTo(large.buffer());
    }

    @Test
    void whatWouldBeTooLargeInTheTopicsCodecIsRefused() throws IOException {
        MemoryRecords large = zeros(CompressionType.ZSTD, 3_000_000);
        assertThatThrownBy(() -> validated(large, "uncompressed")).isInstanceOf(RecordTooLargeException.class).hasMessageContaining("max.message.bytes=2000000");
        assertThat(validated(large, "gzip").sizeInBytes()).isLessThan(2_000_000);
    }

    @Test
    void unpackingKeepsNoLargeBuffers() {
        UnpackingBuffers buffers = new UnpackingBuffers(2);
        ByteBuffer small = buffers.get(1000);
        ByteBuffer large = buffers.get(4 << 20);
        buffers.release(small);
        buffers.release(large);
        assertThat(buffers.get(1000)).isSameAs(small);
        assertThat(buffers.get(4 << 20)).isNotSameAs(large);
    }

    @Test
    void manyRefusedRecordsAreToldByExample() {
        SimpleRecord[] records = new SimpleRecord[10_000];
        Arrays.fill(records, new SimpleRecord(7L, null, new byte[1]));
        LogLimits limits = LogLimits.of(LogConfig.of(Map.of("cleanup.policy", "compact")));
        MemoryRecords batch = MemoryRecords.withRecords(Compression.lz4().build(), records);
        assertThatThrownBy(() -> new BatchValidator(LogFixture.PARTITION).validate(batch, Origin.CLIENT, limits, 10))
                .isInstanceOfSatisfying(RefusedRecordsException.class, refused -> {
                    assertThat(refused.records()).hasSize(1000);
                    assertThat(refused).hasMessageContaining("10000 of 10000");
                });
    }
}
