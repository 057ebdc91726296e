package io.millrace.broker.log;

import static io.millrace.broker.log.CompactedStore.TABLE;
import static io.millrace.broker.log.CompactedStore.records;
import static io.millrace.broker.log.CompactedStore.tableOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.CompactedStore.HandClock;
import io.millrace.broker.log.clean.CleanerStatus;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactionTest {

    @TempDir
    private Path folder;
    private final HandClock clock = new HandClock();

    private CompactedStore open() {
        return new CompactedStore(folder, clock);
    }

    @Test
    void ofEachKeyTheLastRecordStaysAtItsOffset() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.write(log, 200, i -> "key-" + i % 7);
            Map<String, String> table = tableOf(log);
            Map<Long, String> before = records(log);
            long size = log.size();
            node.table("segment.bytes", "1000000");
            CleanerStatus status = node.clean();
            assertThat(status.uncleanable()).isEmpty();
            assertThat(status.cleanings()).isEqualTo(1);
            assertThat(tableOf(log)).isEqualTo(table).hasSize(7);
            assertThat(records(log)).hasSizeLessThan(30);
            assertThat(before).containsAllEntriesOf(records(log));
            assertThat(log.size()).isLessThan(size / 4);
            assertThat(log.startOffset()).isZero();
            assertThat(((SegmentedLog) log).files().segments().count()).isEqualTo(2);
        }
        try (CompactedStore again = open()) {
            PartitionLog log = again.table();
            assertThat(tableOf(log)).hasSize(7).containsEntry("key-3", "value-199");
            assertThat(again.clean().cleanings()).as("cleanings of what was clean before the restart").isZero();
        }
        assertThat(Files.readAllLines(folder.resolve("cleaner-offset-checkpoint"))).startsWith("0", "1").element(2).asString().startsWith("table 0 2");
    }

    @Test
    void aTombstoneStaysForItsRetentionAfterTheCleaningThatMetIt() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table("delete.retention.ms", "1000");
            node.put(log, "gone", "value");
            node.put(log, "gone", null);
            node.fill(log);
            node.clean();
            assertThat(records(log)).doesNotContainValue("gone=value").containsValue("gone=null");
            clock.step(999);
            node.fill(log);
            node.clean();
            assertThat(records(log)).containsValue("gone=null");
            clock.step(1);
            node.fill(log);
            node.clean();
            assertThat(records(log)).doesNotContainValue("gone=null");
        }
    }

    @Test
    void whatWasAbortedGoesAndTheMarkerFollowsWhenNothingIsLeft() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table("delete.retention.ms", "1000");
            node.put(log, "key", "committed");
            node.put(log, 7, 0, "key", "aborted");
            node.end(log, 7, ControlRecordType.ABORT);
            node.put(log, 8, 0, "other", "decided");
            node.end(log, 8, ControlRecordType.COMMIT);
            node.fill(log);
            node.clean();
            assertThat(tableOf(log)).containsEntry("key", "committed").containsEntry("other", "decided").hasSize(2);
            assertThat(log.abortedTransactions(0, log.endOffset())).hasSize(1);
            for (int i = 0; i < 3; i++) {
                clock.step(2_000);
                node.fill(log);
                node.clean();
            }
            assertThat(tableOf(log)).hasSize(2);
            assertThat(log.producers().active()).hasSize(2);
        }
        deleteSnapshots();
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            assertThat(log.lastStableOffset()).as("an open transaction found where there is none").isEqualTo(log.endOffset());
            assertThat(log.producers().active()).anySatisfy(producer -> {
                assertThat(producer.producerId()).isEqualTo(7);
                assertThat(producer.lastSequence()).isZero();
            });
        }
    }

    private void deleteSnapshots() throws Exception {
        try (var files = Files.list(folder.resolve(TABLE.toString()))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (file.toString().endsWith(".snapshot")) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void anOpenTransactionHoldsTheCleanerBack() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.put(log, 7, 0, "key", "open");
            node.fill(log);
            assertThat(node.clean().cleanings()).isZero();
            node.end(log, 7, ControlRecordType.COMMIT);
            assertThat(node.clean().cleanings()).isEqualTo(1);
            assertThat(tableOf(log)).containsEntry("key", "open");
        }
    }

    @Test
    void aSliceTakenBeforeStaysReadable() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.write(log, 50, _ -> "key");
            Records slice = log.read(0, 100_000, log.endOffset(), true);
            node.clean();
            ByteBuffer bytes = ByteBuffer.allocate(slice.sizeInBytes());
            ((FileRecords) slice).readInto(bytes, 0);
            long next = 0;
            for (Record record : MemoryRecords.readableRecords(bytes).records()) {
                assertThat(record.offset()).isEqualTo(next++);
            }
            assertThat(next).isPositive();
            assertThat(records(log)).doesNotContainKey(0L);
        }
    }

    @Test
    void recordsYoungerThanTheLagStay() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table("min.compaction.lag.ms", "1000");
            node.put(log, "key", "a");
            node.put(log, "key", "b");
            node.fill(log);
            clock.step(1_000);
            node.fill(log);
            node.clean();
            assertThat(records(log)).containsValue("key=b").doesNotContainValue("key=a");
            node.put(log, "key", "c");
            node.put(log, "key", "d");
            node.fill(log);
            node.clean();
            assertThat(records(log)).containsValue("key=c").containsValue("key=d");
        }
    }

    @Test
    void compactAndDeleteDoesBoth() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table("cleanup.policy", "compact,delete", "retention.ms", "10000");
            node.write(log, 100, _ -> "old");
            node.clean();
            assertThat(tableOf(log)).containsEntry("old", "value-99");
            clock.step(20_000);
            node.put(log, "new", "value");
            node.fill(log);
            node.store.applyRetention();
            node.clean();
            assertThat(tableOf(log)).containsOnlyKeys("new");
            assertThat(log.startOffset()).isPositive();
        }
    }

    @Test
    void deletedRecordsAtTheFrontDoNotMoveTheStartOfACompactedLog() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.write(log, 100, _ -> "key");
            node.clean();
            node.store.applyRetention();
            assertThat(log.startOffset()).isZero();
            assertThat(records(log).keySet()).allMatch(offset -> offset > 0);
        }
    }

    @Test
    void aSegmentOfWhichNothingIsLeftSaysUpToWhereItGoesAndThatItIsOld() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.write(log, 100, _ -> "key");
            node.clean();
            Segment first = ((SegmentedLog) log).files().segments().first();
            RecordBatch left = log.read(0, 1_000, log.endOffset(), true).batches().iterator().next();
            assertThat(left.countOrNull()).isZero();
            assertThat(left.baseOffset()).isZero();
            assertThat(left.nextOffset()).isEqualTo(((SegmentedLog) log).files().segments().after(first).baseOffset());
            assertThat(left.isValid()).isTrue();
            assertThat(first.maxTimestamp()).isZero();
            assertThat(Files.size(first.path(".timeindex"))).isPositive();
            for (long time : new long[] {0, 1, clock.millis()}) {
                assertThat(log.offsetForTimestamp(time, log.endOffset())).get().satisfies(found -> assertThat(found.offset).isPositive());
            }
        }
    }

    @Test
    void aDamagedLogIsReportedAndLeftAloneWhileOthersAreCleaned() throws Exception {
        TopicPartition other = new TopicPartition("other", 0);
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            PartitionLog healthy = node.store.create(other, Uuid.randomUuid(), LogConfig.of(CompactedStore.small()), 0);
            for (int i = 0; i < 100; i++) {
                node.put(log, "key", "value-" + i);
                node.put(healthy, "key", "value-" + i);
            }
            node.fill(log);
            node.fill(healthy);
            Path file = folder.resolve(TABLE.toString()).resolve("00000000000000000000.log");
            byte[] content = Files.readAllBytes(file);
            flip(file, content);
            CleanerStatus status = node.clean();
            assertThat(status.cleanings()).isEqualTo(1);
            assertThat(status.deadThreads()).isZero();
            assertThat(status.uncleanable()).singleElement().satisfies(one -> {
                assertThat(one.partition()).isEqualTo(TABLE);
                assertThat(one.reason()).contains("00000000000000000000.log").containsIgnoringCase("crc");
            });
            assertThat(records(healthy)).hasSizeLessThan(30);
            assertThat(files(TABLE)).noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap"));
            Files.write(file, content);
            assertThat(node.clean().uncleanable()).as("it is not tried at once").hasSize(1);
            assertThat(node.cleaner.status().uncleanableBytes()).isPositive();
            clock.step(60_000);
            assertThat(node.clean().uncleanable()).isEmpty();
            assertThat(records(log)).hasSizeLessThan(30);
        }
    }

    private static void flip(Path file, byte[] content) throws Exception {
        byte[] damaged = content.clone();
        damaged[content.length - 3] ^= 4;
        Files.write(file, damaged);
    }

    private java.util.List<String> files(TopicPartition partition) throws Exception {
        try (var files = Files.list(folder.resolve(partition.toString()))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    @Test
    void aTopicThatIsMadeAgainIsCleanedFromItsStart() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table();
            node.write(log, 100, _ -> "key");
            node.clean();
            node.store.delete(TABLE);
            PartitionLog again = node.store.create(TABLE, Uuid.randomUuid(), LogConfig.of(CompactedStore.small()), 0);
            for (int i = 0; i < 30; i++) {
                node.put(again, "key", "new-" + i);
            }
            node.fill(again);
            node.clean();
            assertThat(tableOf(again)).containsEntry("key", "new-29");
            assertThat(records(again)).doesNotContainValue("key=new-0");
        }
    }

    @Test
    void readersAndWritersGoOnWhileTheirSegmentsAreReplaced() throws Exception {
        try (CompactedStore node = open()) {
            PartitionLog log = node.table("file.delete.delay.ms", "60000");
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> wrong = new AtomicReference<>();
            Map<String, Integer> written = new TreeMap<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                Map<String, Integer> seen = new TreeMap<>();
                while (!stop.get()) {
                    try {
                        tableOf(log).forEach((key, value) -> {
                            int now = Integer.parseInt(value);
                            if (seen.getOrDefault(key, -1) > now) {
                                throw new AssertionError(key + " was " + seen.get(key) + " and is " + now);
                            }
                            seen.put(key, now);
                        });
                        if (!tableOf(log).keySet().containsAll(seen.keySet())) {
                            throw new AssertionError("keys are missing: " + tableOf(log) + " of " + seen);
                        }
                    } catch (Throwable failed) {
                        wrong.compareAndSet(null, failed);
                        return;
                    }
                }
            });
            for (int round = 0; round < 40 && wrong.get() == null; round++) {
                for (int i = 0; i < 60; i++) {
                    node.put(log, "key-" + i % 9, Integer.toString(round * 60 + i));
                    written.put("key-" + i % 9, round * 60 + i);
                }
                node.clean();
            }
            stop.set(true);
            reader.join();
            assertThat(wrong.get()).isNull();
            assertThat(node.cleaner.status().cleanings()).isGreaterThan(20);
            Map<String, String> expected = new TreeMap<>();
            written.forEach((key, value) -> expected.put(key, value.toString()));
            assertThat(tableOf(log)).isEqualTo(expected);
        }
    }
}
