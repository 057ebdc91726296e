package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.fuzz.Allocation;
import io.millrace.broker.fuzz.Fuzzing;
import io.millrace.broker.fuzz.Input;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;
import org.apache.kafka.common.utils.internals.Crc32C;
import org.junit.jupiter.api.Test;

/**
 * Whatever a client sends as records: it is refused with an error that the protocol has, in bounded memory and time, or what is stored is what every
 * consumer can read.
 */
public class RecordBatchFuzzTest {

    private static final int HEADER = 61;
    private static final long NOW = 1_000_000;
    private static final long ALLOWANCE = 24L << 20;
    private static final CompressionType[] CODECS = CompressionType.values();
    private static final List<LogLimits> TOPICS = topics();

    private static List<LogLimits> topics() {
        List<LogLimits> topics = new ArrayList<>();
        for (String codec : List.of("producer", "uncompressed", "gzip", "snappy", "lz4", "zstd")) {
            topics.add(LogLimits.of(LogConfig.of(Map.of("compression.type", codec, "cleanup.policy", "delete"))));
            topics.add(LogLimits.of(LogConfig.of(Map.of("compression.type", codec, "cleanup.policy", "compact", "message.timestamp.type", "LogAppendTime"))));
        }
        return topics;
    }

    @Test
    void knownRecordsAreStoredWholeOrRefused() throws Exception {
        Fuzzing.replay(RecordBatchFuzzTest.class, RecordBatchFuzzTest::fuzzerTestOneInput);
    }

    @Test
    void newRecordsAreStoredWholeOrRefused() throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        for (int topic = 0; topic < TOPICS.size(); topic++) {
            for (CompressionType codec : CODECS) {
                MemoryRecords records = MemoryRecords.withIdempotentRecords(Compression.of(codec).build(), 7, (short) 0, 5,
                        new SimpleRecord(NOW, "key".getBytes(), "value".getBytes()), new SimpleRecord(NOW + 1, "other".getBytes(), "x".repeat(100).getBytes()));
                byte[] batch = bytes(records);
                seeds.add(input(topic, 0, batch));
                byte[] payload = Arrays.copyOfRange(batch, HEADER, batch.length);
                byte[] packed = new byte[payload.length + 2];
                packed[0] = (byte) codec.id;
                packed[1] = 2;
                System.arraycopy(payload, 0, packed, 2, payload.length);
                seeds.add(input(topic, codec == CompressionType.NONE ? 2 : 1, packed));
            }
        }
        Fuzzing.search(RecordBatchFuzzTest.class, seeds.stream());
    }

    private static byte[] input(int topic, int form, byte[] rest) {
        byte[] input = new byte[rest.length + 2];
        input[0] = (byte) topic;
        input[1] = (byte) form;
        System.arraycopy(rest, 0, input, 2, rest.length);
        return input;
    }

    private static byte[] bytes(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(bytes);
        return bytes;
    }

    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        Input input = new Input(bytes);
        LogLimits topic = TOPICS.get(input.below(TOPICS.size()));
        byte[] records = switch (input.below(3)) {
            case 0 -> withLengthAndCrc(input.rest());
            case 1 -> batch(CODECS[input.below(CODECS.length)], input.next(), input.rest());
            default -> {
                CompressionType codec = CODECS[input.below(CODECS.length)];
                yield batch(codec, input.next(), packed(codec, input.rest()));
            }
        };
        MemoryRecords[] stored = new MemoryRecords[1];
        Runnable look = () -> stored[0] = validated(records, topic);
        long bound = ALLOWANCE + 64L * records.length;
        assertThat(Allocation.of(look, bound)).as("memory for %d bytes", records.length).isLessThan(bound);
        long began = System.nanoTime();
        look.run();
        assertThat(Duration.ofNanos(System.nanoTime() - began)).as("time to look at %d bytes", records.length).isLessThan(Duration.ofSeconds(2));
        if (stored[0] != null) {
            assertReadable(stored[0], topic, MemoryRecords.readableRecords(ByteBuffer.wrap(records)));
        }
    }

    /** @return null if they are refused */
    private static MemoryRecords validated(byte[] records, LogLimits topic) {
        try {
            return new BatchValidator(LogFixture.PARTITION).validate(MemoryRecords.readableRecords(ByteBuffer.wrap(records.clone())), Origin.CLIENT, topic, NOW);
        } catch (RuntimeException refused) {
            RuntimeException told = refused instanceof RefusedRecordsException some ? some.error() : refused;
            if (Errors.forException(told) == Errors.UNKNOWN_SERVER_ERROR) {
                throw refused;
            }
            assertThat(refused.getMessage()).isNotBlank();
            return null;
        }
    }

    private static void assertReadable(MemoryRecords stored, LogLimits topic, MemoryRecords given) {
        List<Object> expected = new ArrayList<>();
        given.records().forEach(record -> expected.add(List.of(record.offset(), record.timestamp(), content(record))));
        List<Object> found = new ArrayList<>();
        for (RecordBatch batch : stored.batches()) {
            batch.ensureValid();
            assertThat(topic.compression() == null || batch.compressionType() == topic.compression().type()).isTrue();
            long offset = batch.baseOffset();
            for (Record record : batch) {
                assertThat(record.offset()).isEqualTo(offset++);
                assertThat(!topic.compacted() || record.hasKey()).isTrue();
                found.add(List.of(record.offset(), record.timestamp(), content(record)));
            }
            assertThat(offset).isEqualTo(batch.nextOffset());
            assertThat(batch.isControlBatch()).isFalse();
            assertThat(batch.timestampType() == TimestampType.CREATE_TIME || topic.timestampType() == TimestampType.LOG_APPEND_TIME).isTrue();
        }
        assertThat(found).isEqualTo(expected);
    }

    private static String content(Record record) {
        StringBuilder headers = new StringBuilder();
        for (Header header : record.headers()) {
            headers.append(header.key()).append('=').append(Arrays.toString(header.value())).append(';');
        }
        return (record.hasKey() ? Utils.utf8(record.key()) : null) + "|" + (record.hasValue() ? Utils.utf8(record.value()) : null) + "|" + headers;
    }

    /** A batch like a client's, but for what is in it. */
    private static byte[] batch(CompressionType codec, int count, byte[] payload) {
        ByteBuffer batch = ByteBuffer.allocate(HEADER + payload.length);
        batch.putLong(0).putInt(0).putInt(-1).put((byte) 2).putInt(0).putShort((short) codec.id).putInt(count - 1).putLong(NOW).putLong(NOW).putLong(-1)
                .putShort((short) -1).putInt(-1).putInt(count).put(payload);
        return withLengthAndCrc(batch.array());
    }

    private static byte[] withLengthAndCrc(byte[] batch) {
        if (batch.length >= HEADER) {
            ByteBuffer.wrap(batch).putInt(8, batch.length - 12).putInt(17, (int) Crc32C.compute(batch, 21, batch.length - 21));
        }
        return batch;
    }

    private static byte[] packed(CompressionType codec, byte[] content) throws IOException {
        ByteBufferOutputStream packed = new ByteBufferOutputStream(content.length + 512);
        try (OutputStream out = Compression.of(codec).build().wrapForOutput(packed, RecordBatch.MAGIC_VALUE_V2)) {
            out.write(content);
        }
        packed.buffer().flip();
        byte[] bytes = new byte[packed.buffer().remaining()];
        packed.buffer().get(bytes);
        return bytes;
    }
}
