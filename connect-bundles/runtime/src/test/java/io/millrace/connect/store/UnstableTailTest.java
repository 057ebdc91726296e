package io.millrace.connect.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

class UnstableTailTest {

    private static final short EPOCH = 0;
    private static final int PRODUCERS = 4;

    /** Batches of a log, and the values whose transactions ended well, by offset. */
    private static final class Log {

        private final TreeMap<Long, MemoryRecords> batches = new TreeMap<>();
        private final TreeMap<Long, String> committed = new TreeMap<>();
        private final Map<Integer, TreeMap<Long, String>> open = new HashMap<>();
        private long end;

        /** @param producer 0 writes without transactions */
        void write(int producer, int count) {
            SimpleRecord[] records = new SimpleRecord[count];
            for (int i = 0; i < count; i++) {
                String value = producer + "@" + (end + i);
                records[i] = new SimpleRecord(value.getBytes(StandardCharsets.UTF_8));
                (producer == 0 ? committed : open.computeIfAbsent(producer, _ -> new TreeMap<>())).put(end + i, value);
            }
            batches.put(end, producer == 0 ? MemoryRecords.withRecords(end, Compression.NONE, records)
                    : MemoryRecords.withTransactionalRecords(end, Compression.NONE, producer, EPOCH, (int) end, 0, records));
            end += count;
        }

        void end(int producer, boolean commit) {
            TreeMap<Long, String> values = open.remove(producer);
            if (commit && values != null) {
                committed.putAll(values);
            }
            batches.put(end, MemoryRecords.withEndTransactionMarker(end, 0, 0, producer, EPOCH,
                    new EndTransactionMarker(commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT, 0)));
            end++;
        }

        /** Some batches from the one that has the offset on. */
        ByteBuffer read(long offset, int most) {
            List<ByteBuffer> slice = new ArrayList<>();
            batches.tailMap(batches.floorKey(offset), true).values().stream().limit(most).forEach(batch -> slice.add(batch.buffer()));
            ByteBuffer joined = ByteBuffer.allocate(slice.stream().mapToInt(ByteBuffer::remaining).sum());
            slice.forEach(joined::put);
            return joined.flip();
        }
    }

    private static TreeMap<Long, String> read(Log log, UnstableTail tail, TreeMap<Long, String> found, int most) {
        while (tail.position() < log.end && tail.read(log.read(tail.position(), most), record ->
                found.put(record.offset(), new String(Utils.toArray(record.value()), StandardCharsets.UTF_8)))) {
            // Slice by slice.
        }
        return found;
    }

    @Test
    void whatIsCommittedBehindAnOpenTransactionIsThereAndNothingElse() {
        Log log = new Log();
        log.write(1, 2);
        log.write(2, 2);
        log.write(0, 1);
        log.write(3, 1);
        log.end(2, true);
        log.end(3, false);
        TreeMap<Long, String> found = read(log, new UnstableTail(0), new TreeMap<>(), 10);
        assertThat(found.values()).containsExactly("2@2", "2@3", "0@4");
    }

    @Test
    void whatEndsLaterIsThereThenAndTheSameProducersNextTransactionIsAnother() {
        Log log = new Log();
        log.write(1, 1);
        log.write(2, 1);
        UnstableTail tail = new UnstableTail(0);
        TreeMap<Long, String> found = read(log, tail, new TreeMap<>(), 10);
        assertThat(found).isEmpty();
        log.end(2, true);
        log.write(2, 1);
        log.end(2, false);
        log.end(1, true);
        assertThat(read(log, tail, found, 10).values()).containsExactly("1@0", "2@1");
    }

    @Test
    void aBatchThatBeginsBeforeTheStableOffsetCountsFromThereOn() {
        Log log = new Log();
        log.write(0, 5);
        assertThat(read(log, new UnstableTail(3), new TreeMap<>(), 10).values()).containsExactly("0@3", "0@4");
    }

    @Test
    void asANaiveReaderSeesIt() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("unstable tail: seed " + seed);
        Random random = new Random(seed);
        for (int run = 0; run < 300; run++) {
            Log log = new Log();
            UnstableTail tail = new UnstableTail(0);
            TreeMap<Long, String> found = new TreeMap<>();
            for (int step = 0; step < 60; step++) {
                int producer = random.nextInt(PRODUCERS);
                if (producer > 0 && random.nextInt(3) == 0) {
                    log.end(producer, random.nextBoolean());
                } else {
                    log.write(producer, 1 + random.nextInt(3));
                }
                if (random.nextInt(10) == 0) {
                    assertThat(read(log, tail, found, 1 + random.nextInt(4))).as("seed %d, run %d, step %d", seed, run, step).isEqualTo(log.committed);
                }
            }
        }
    }
}
