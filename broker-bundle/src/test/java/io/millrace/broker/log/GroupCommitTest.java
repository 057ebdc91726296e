package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.journal.JournalContent;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class GroupCommitTest {

    @TempDir
    private Path folder;
    private LogStore store;

    @BeforeEach
    void open() {
        store = LogFixture.open(folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private PartitionLog create(int partition) {
        return store.create(new TopicPartition("orders", partition), new Uuid(7, 9), LogConfig.of(Map.of()), 0);
    }

    private static long append(PartitionLog log) {
        return log.append(LogFixture.plain(Compression.NONE, "x"), Origin.CLIENT, 0, true).lastOffset() + 1;
    }

    private static void appendAndCommit(PartitionLog log) throws InterruptedException {
        long end = append(log);
        log.commit();
        log.awaitDurable(end);
        if (log.highWatermark() < end) {
            throw new AssertionError("durable up to " + end + ", readers see " + log.highWatermark());
        }
    }

    @Test
    void aRequestThatComesAloneIsCommittedByItsOwnThread() throws Exception {
        PartitionLog log = create(0);
        AtomicReference<Thread> teller = new AtomicReference<>();
        log.addListener(() -> teller.set(Thread.currentThread()));
        // At first there is no journal, and the machine may be slow.
        while (teller.get() != Thread.currentThread()) {
            appendAndCommit(log);
        }
        assertThat(log.whenDurable(log.endOffset(), () -> { })).as("there is something left to wait for").isFalse();
    }

    @Test
    void manyThatCommitThemselvesAndOneThatDoesNotAllGetTheirRecordsOnDisk() throws Exception {
        List<PartitionLog> logs = List.of(create(0), create(1), create(2));
        CountDownLatch begin = new CountDownLatch(1);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < 6; writer++) {
                PartitionLog log = logs.get(writer % logs.size());
                boolean itself = writer > 0;
                writers.add(threads.submit(() -> {
                    begin.await();
                    for (int i = 0; i < 200; i++) {
                        if (itself) {
                            appendAndCommit(log);
                        } else {
                            log.awaitDurable(append(log));
                        }
                    }
                    return null;
                }));
            }
            begin.countDown();
            for (Future<?> writer : writers) {
                writer.get();
            }
        }
        assertThat(logs).extracting(PartitionLog::highWatermark).containsOnly(400L);
    }

    /** What is on the disk is told after the write, and the log does not stand still meanwhile. */
    @Test
    void whatNobodyWaitsForIsReadAsSoonAsWhatIsBeforeItIsOnDisk() {
        SegmentedLog log = (SegmentedLog) create(0);
        append(log);
        Segment active = log.files().segments().active();
        LogFlush.Reached underWay = new LogFlush.Reached(log.flush(), active, active.bytes(), 1);
        log.append(LogFixture.plain(Compression.NONE, "acks=1"), Origin.CLIENT, 0, false);
        assertThat(log.highWatermark()).as("nothing is on disk").isZero();

        underWay.committed(1);
        assertThat(log.highWatermark()).isEqualTo(2);
        log.append(LogFixture.plain(Compression.NONE, "acks=1"), Origin.CLIENT, 0, false);
        assertThat(log.highWatermark()).isEqualTo(3);
    }

    @Test
    void whatSomebodyWaitsForIsNotReadBeforeItIsOnDisk() {
        SegmentedLog log = (SegmentedLog) create(0);
        append(log);
        Segment active = log.files().segments().active();
        LogFlush.Reached underWay = new LogFlush.Reached(log.flush(), active, active.bytes(), 1);
        log.append(LogFixture.plain(Compression.NONE, "acks=1"), Origin.CLIENT, 0, false);
        append(log);
        log.append(LogFixture.plain(Compression.NONE, "acks=1"), Origin.CLIENT, 0, false);

        underWay.committed(1);
        assertThat(log.highWatermark()).isBetween(1L, 2L);
        log.flush().run();
        assertThat(log.highWatermark()).isEqualTo(4);
    }

    @Test
    void whatSomebodyWaitsForIsInTheJournalAsItCameAndTheRestIsReadBackFromTheLog(@TempDir Path quiet) throws Exception {
        LogStoreConfig withoutCheckpoints = new LogStoreConfig(Map.of(), Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1));
        TopicPartition orders = new TopicPartition("orders", 0);
        Uuid topicId = new Uuid(7, 9);
        try (LogStore other = LogStore.open(quiet, withoutCheckpoints, Clock.systemUTC())) {
            PartitionLog log = other.create(orders, topicId, LogConfig.of(Map.of()), 0);
            // At first there is no journal.
            while (JournalContent.read(quiet).of(topicId, 0).isEmpty()) {
                appendAndCommit(log);
            }
            long from = log.endOffset();
            append(log);
            append(log);
            log.append(LogFixture.plain(Compression.NONE, "nobody waits"), Origin.CLIENT, 0, false);
            append(log);
            log.awaitDurable(append(log));
            append(log);
            log.awaitDurable(append(log));
            assertThat(JournalContent.read(quiet).of(topicId, 0)).filteredOn(stretch -> stretch.baseOffset() >= from)
                    .extracting(stretch -> stretch.baseOffset() - from, stretch -> stretch.endOffset() - from)
                    .containsExactly(tuple(0L, 1L), tuple(1L, 2L), tuple(2L, 5L), tuple(5L, 6L), tuple(6L, 7L));
        }
    }
}
