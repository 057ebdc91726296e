package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseIndexTest {

    private record Batch(int lastOffset, int position, long newest, int newestOffset) {}

    @TempDir
    private Path folder;

    @Test
    void lookupsInMemoryAndInFilesFindWhatALinearSearchFinds() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 30; round++) {
            GrowingIndex growing = new GrowingIndex();
            List<Batch> batches = new ArrayList<>();
            fill(growing, batches, random, random.nextInt(3000));
            Path offsets = folder.resolve(round + ".index");
            Path times = folder.resolve(round + ".timeindex");
            growing.store(offsets, times);
            fill(growing, batches, random, random.nextInt(3000));
            growing.store(offsets, times);
            StoredIndex stored = StoredIndex.open(offsets, times, Integer.MAX_VALUE);
            assertThat(stored.isOrdered()).isTrue();
            assertThat(stored.entries()).isEqualTo(batches.size());
            Batch end = batches.isEmpty() ? new Batch(10, 10, 10, 10) : batches.getLast();
            for (int look = 0; look < 200; look++) {
                String where = "seed " + seed + " round " + round + " look " + look;
                int offset = random.nextInt(end.lastOffset + 10);
                int before = batches.stream().filter(batch -> batch.lastOffset <= offset).mapToInt(Batch::position).max().orElse(0);
                assertThat(growing.positionBefore(offset)).as(where).isEqualTo(before);
                assertThat(stored.positionBefore(offset)).as(where).isEqualTo(before);
                int position = random.nextInt(end.position + 10);
                int batch = batches.stream().mapToInt(Batch::position).filter(at -> at <= position).max().orElse(0);
                assertThat(batchBefore(stored, position)).as(where).isEqualTo(batch);
                assertThat(batchBefore(growing, position)).as(where).isEqualTo(batch);
                long time = random.nextLong(end.newest + 10);
                int older = batches.stream().filter(each -> each.newest < time).mapToInt(Batch::newestOffset).max().orElse(-1);
                int from = batches.stream().filter(each -> each.lastOffset <= older).mapToInt(Batch::position).max().orElse(0);
                assertThat(stored.positionBeforeTime(time)).as(where).isEqualTo(from);
                assertThat(growing.positionBeforeTime(time)).as(where).isEqualTo(from);
            }
        }
    }

    private static void fill(GrowingIndex index, List<Batch> batches, Random random, int count) {
        for (int i = 0; i < count; i++) {
            Batch last = batches.isEmpty() ? new Batch(0, 0, 0, 0) : batches.getLast();
            int offset = last.lastOffset + 1 + random.nextInt(50);
            boolean newer = random.nextBoolean();
            Batch next = new Batch(offset, last.position + 1 + random.nextInt(5000), newer ? last.newest + 1 + random.nextInt(9) : last.newest,
                    newer ? offset : last.newestOffset);
            batches.add(next);
            index.add(next.lastOffset, next.position);
            index.addTime(next.newest, next.newestOffset);
        }
    }

    @Test
    void filesThatKafkaPreallocatedEndInZeros() throws Exception {
        GrowingIndex growing = new GrowingIndex();
        fill(growing, new ArrayList<>(), new Random(1), 100);
        Path offsets = folder.resolve("a.index");
        Path times = folder.resolve("a.timeindex");
        growing.store(offsets, times);
        Files.write(offsets, new byte[8 * 5000], StandardOpenOption.APPEND);
        Files.write(times, new byte[12 * 5000], StandardOpenOption.APPEND);
        StoredIndex stored = StoredIndex.open(offsets, times, Integer.MAX_VALUE);
        assertThat(stored.entries()).isEqualTo(100);
        assertThat(stored.lastTime()).isEqualTo(growing.lastTime());
    }

    @Test
    void damagedFilesAreNotBelieved() throws Exception {
        Path offsets = folder.resolve("b.index");
        Path times = folder.resolve("b.timeindex");
        assertThat(StoredIndex.open(offsets, times, 100)).isNull();
        Files.write(times, new byte[0]);
        Files.write(offsets, new byte[7]);
        assertThat(StoredIndex.open(offsets, times, 100)).isNull();
        Files.write(offsets, ByteBuffer.allocate(8).putInt(5).putInt(4000).array());
        assertThat(StoredIndex.open(offsets, times, 100)).isNull();
        assertThat(StoredIndex.open(offsets, times, 5000)).isNotNull();
    }

    private static int batchBefore(SparseIndex index, int position) {
        int entry = index.entryAt(position);
        return entry < 0 ? 0 : index.position(entry);
    }
}
