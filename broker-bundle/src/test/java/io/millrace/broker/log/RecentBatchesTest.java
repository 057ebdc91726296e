package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.FileRecords.LogOffsetPosition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

class RecentBatchesTest {

    private record Placed(RecordBatch batch, int position) {
    }

    private final RecentBatches recent = new RecentBatches();
    private final List<Placed> all = new ArrayList<>();
    private long end;
    private int bytes;

    private void append(int records) {
        SimpleRecord[] some = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            some[i] = new SimpleRecord(("record " + (end + i)).getBytes());
        }
        RecordBatch batch = MemoryRecords.withRecords(end, Compression.NONE, some).firstBatch();
        recent.add(batch, bytes);
        all.add(new Placed(batch, bytes));
        end += records;
        bytes += batch.sizeInBytes();
    }

    @Test
    void everyOffsetOfTheLastBatchesIsFoundAndNoOther() {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            append(1 + random.nextInt(5));
            List<Placed> last = all.subList(Math.max(0, all.size() - 8), all.size());
            for (Placed placed : last) {
                for (long offset = placed.batch.baseOffset(); offset <= placed.batch.lastOffset(); offset++) {
                    LogOffsetPosition found = recent.holding(offset);
                    assertThat(found).as("offset %s, seed %s", offset, seed)
                            .isEqualTo(new LogOffsetPosition(placed.batch.baseOffset(), placed.position, placed.batch.sizeInBytes()));
                }
            }
            assertThat(recent.holding(end)).isNull();
            assertThat(recent.holding(last.getFirst().batch.baseOffset() - 1)).isNull();
        }
    }

    @Test
    void thereIsNothingBeforeTheFirst() {
        assertThat(recent.holding(0)).isNull();
    }
}
