package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProducerSnapshotTest {

    private static final TopicPartition PARTITION = LogFixture.PARTITION;

    @TempDir
    private Path folder;

    @Test
    void anyOfTheLastFiveBatchesIsKnownAfterAStopInOrder() {
        try (LogStore store = LogFixture.open(folder)) {
            PartitionLog log = store.create(PARTITION, LogFixture.ID, LogFixture.config(), 0);
            for (int i = 0; i < 8; i++) {
                log.append(LogFixture.idempotent(7, i, "v" + i), Origin.CLIENT, 0, true);
            }
        }
        try (LogStore store = LogFixture.open(folder)) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            for (int i = 3; i < 8; i++) {
                PartitionLog.Appended again = log.append(LogFixture.idempotent(7, i, "v" + i), Origin.CLIENT, 0, true);
                assertThat(again.duplicate()).as("batch %d", i).isTrue();
                assertThat(again.firstOffset()).isEqualTo(i);
            }
            assertThat(log.endOffset()).isEqualTo(8);
        }
    }

    @Test
    void anyOfTheLastFiveBatchesIsKnownAfterACrashThatFollowsARoll() throws IOException {
        Path crashed = folder.resolve("crashed");
        Path running = folder.resolve("running");
        try (LogStore store = LogFixture.open(running)) {
            PartitionLog log = store.create(PARTITION, LogFixture.ID, LogFixture.config(), 0);
            // Rolls every few batches; at the crash the newest segment has one.
            int sequence = 0;
            for (int rolls = 0; rolls < 3; sequence++) {
                long before = segments(running);
                log.append(LogFixture.idempotent(7, sequence, "v" + sequence), Origin.CLIENT, 0, true);
                rolls += segments(running) > before ? 1 : 0;
            }
            LogFixture.copy(running, crashed);
            int last = sequence - 1;
            try (LogStore again = LogFixture.open(crashed)) {
                PartitionLog recovered = again.log(PARTITION).orElseThrow();
                for (int i = last - 4; i <= last; i++) {
                    assertThat(recovered.append(LogFixture.idempotent(7, i, "v" + i), Origin.CLIENT, 0, true).duplicate()).as("batch %d of %d", i, last).isTrue();
                }
            }
        }
    }

    private static long segments(Path store) throws IOException {
        try (var files = Files.list(LogFixture.logFolder(store))) {
            return files.filter(file -> file.toString().endsWith(".log")).count();
        }
    }

    @Test
    void aSnapshotOfOffsetsThatWereCutAwayIsForgotten() throws IOException {
        Path crashed = folder.resolve("crashed");
        Path running = folder.resolve("running");
        try (LogStore store = LogFixture.open(running)) {
            PartitionLog log = store.create(PARTITION, LogFixture.ID, LogFixture.config(), 0);
            for (int i = 0; i < 20; i++) {
                log.append(LogFixture.idempotent(7, i, "v" + i), Origin.CLIENT, 0, true);
            }
            LogFixture.copy(running, crashed);
        }
        Files.deleteIfExists(crashed.resolve("recovery-point-offset-checkpoint"));
        Path first = LogFixture.logFolder(crashed).resolve("00000000000000000000.log");
        try (FileChannel file = FileChannel.open(first, StandardOpenOption.WRITE)) {
            file.truncate(150);
        }
        try (LogStore store = LogFixture.open(crashed)) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            assertThat(log.endOffset()).isEqualTo(2);
            for (int i = 0; i < 30; i++) {
                log.append(LogFixture.plain(Compression.NONE, "other " + i), Origin.CLIENT, 0, true);
            }
            Path again = folder.resolve("crashed again");
            LogFixture.copy(crashed, again);
            Files.deleteIfExists(again.resolve("recovery-point-offset-checkpoint"));
            try (LogStore second = LogFixture.open(again)) {
                assertThat(second.log(PARTITION).orElseThrow().producers().active()).singleElement()
                        .satisfies(producer -> assertThat(producer.lastSequence()).isOne());
            }
        }
    }

    @RepeatedTest(20)
    void aDamagedSnapshotIsNotBelieved() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        ProducerStates states = new ProducerStates(PARTITION);
        for (long id = 1; id < 5; id++) {
            for (int i = 0; i < 3 * id; i++) {
                MemoryRecords records = LogFixture.idempotent(id, i, "x");
                for (RecordBatch batch : records.batches()) {
                    states.appended(batch);
                }
            }
        }
        byte[] whole = states.snapshot().array();
        ProducerStates restored = new ProducerStates(PARTITION);
        assertThat(restored.restore(ByteBuffer.wrap(whole))).isTrue();
        assertThat(restored.snapshot().array()).isEqualTo(whole);
        byte[] flipped = whole.clone();
        int bit = random.nextInt(whole.length * 8);
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        assertThat(new ProducerStates(PARTITION).restore(ByteBuffer.wrap(flipped))).as("seed %d", seed).isFalse();
        byte[] cut = java.util.Arrays.copyOf(whole, random.nextInt(whole.length));
        assertThat(new ProducerStates(PARTITION).restore(ByteBuffer.wrap(cut))).as("seed %d", seed).isFalse();
    }
}
