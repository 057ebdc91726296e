package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;
import org.junit.jupiter.api.Test;

/** The quick look at a batch against the look of Kafka's own record classes. */
class RecordScanTest {

    private static final int HEADER = DefaultRecordBatch.RECORD_BATCH_OVERHEAD;
    private static final int BASE_TIMESTAMP = 27;
    private static final long EARLIEST = 1_000;
    private static final long LATEST = 2_000;

    private final RecordScan scan = new RecordScan();

    @Test
    void whateverItCallsFlawlessKafkaReadsWithoutObjection() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        int flawless = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] batch = batch(random, random.nextInt(4) == 0);
            boolean damaged = random.nextBoolean();
            if (damaged) {
                for (int i = random.nextInt(3); i >= 0; i--) {
                    batch[HEADER + random.nextInt(batch.length - HEADER)] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(8));
                }
            }
            int claimed = ByteBuffer.wrap(batch).getInt(DefaultRecordBatch.RECORDS_COUNT_OFFSET);
            int count = random.nextInt(8) == 0 ? random.nextInt(12) : claimed;
            ByteBuffer.wrap(batch).putInt(DefaultRecordBatch.RECORDS_COUNT_OFFSET, count);
            boolean keyed = random.nextBoolean();
            boolean quick = scan(batch, count, keyed);
            boolean slow = kafka(batch, count, keyed);
            assertThat(quick).as("seed %d, round %d: only Kafka's flawless ones", seed, round).matches(q -> !q || slow);
            if (!damaged && count == claimed) {
                assertThat(quick).as("seed %d, round %d: undamaged", seed, round).isEqualTo(slow);
            }
            flawless += quick ? 1 : 0;
        }
        assertThat(flawless).as("seed %d", seed).isGreaterThan(2_000);
    }

    @Test
    void aBatchCutShortIsNotFlawlessAtAnyByte() {
        byte[] batch = batch(new Random(1), false);
        int count = ByteBuffer.wrap(batch).getInt(DefaultRecordBatch.RECORDS_COUNT_OFFSET);
        assertThat(scan(batch, count, false)).isTrue();
        for (int length = HEADER; length < batch.length; length++) {
            assertThat(scan(Arrays.copyOf(batch, length), count, false)).isFalse();
        }
    }

    @Test
    void whatStandsBehindABatchDoesNotMatter() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            byte[] batch = batch(random, false);
            int count = ByteBuffer.wrap(batch).getInt(DefaultRecordBatch.RECORDS_COUNT_OFFSET);
            int length = random.nextBoolean() ? batch.length : HEADER + random.nextInt(batch.length - HEADER);
            byte[] followed = Arrays.copyOf(batch, batch.length + random.nextInt(30));
            long baseTimestamp = ByteBuffer.wrap(batch).getLong(BASE_TIMESTAMP);
            boolean alone = scan.isFlawless(Arrays.copyOf(batch, length), HEADER, length, count, baseTimestamp, EARLIEST, LATEST, false);
            assertThat(scan.isFlawless(followed, HEADER, length, count, baseTimestamp, EARLIEST, LATEST, false)).as("seed %d, round %d", seed, round)
                    .isEqualTo(alone).isEqualTo(length == batch.length);
        }
    }

    private boolean scan(byte[] batch, int count, boolean keyed) {
        return scan.isFlawless(batch, HEADER, batch.length, count, ByteBuffer.wrap(batch).getLong(BASE_TIMESTAMP), EARLIEST, LATEST, keyed);
    }

    private static boolean kafka(byte[] bytes, int count, boolean keyed) {
        MutableRecordBatch batch = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator().next();
        int seen = 0;
        try (CloseableIterator<Record> records = batch.skipKeyValueIterator(BufferSupplier.NO_CACHING)) {
            while (records.hasNext()) {
                Record record = records.next();
                boolean timely = record.timestamp() >= EARLIEST && record.timestamp() <= LATEST;
                if (record.offset() != batch.baseOffset() + seen || !timely || keyed && !record.hasKey()) {
                    return false;
                }
                seen++;
            }
        } catch (RuntimeException refused) {
            return false;
        }
        return seen == count;
    }

    private static byte[] batch(Random random, boolean untimely) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2, Compression.NONE, TimestampType.CREATE_TIME,
                0, RecordBatch.NO_TIMESTAMP, 7, (short) 0, 0, false, 0);
        for (int count = 1 + random.nextInt(5); count > 0; count--) {
            long time = untimely ? random.nextLong(0, 3_000) : random.nextLong(EARLIEST, LATEST + 1);
            Header[] headers = new Header[random.nextInt(3)];
            Arrays.setAll(headers, i -> new RecordHeader("h" + i, random.nextBoolean() ? null : new byte[random.nextInt(4)]));
            byte[] key = random.nextInt(3) == 0 ? null : new byte[random.nextInt(100)];
            byte[] value = random.nextInt(5) == 0 ? null : new byte[random.nextInt(300)];
            builder.append(time, key, value, headers);
        }
        ByteBuffer built = builder.build().buffer();
        byte[] bytes = new byte[built.remaining()];
        built.get(bytes);
        return bytes;
    }
}
