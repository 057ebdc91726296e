package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When segments begin and end, what stands beside them, and what a start makes of it. */
class SegmentsOnDiskTest {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final LogStoreConfig QUICK = new LogStoreConfig(Map.of(), Duration.ofMinutes(5), Duration.ofMillis(20), Duration.ofDays(1));

    @TempDir
    private Path folder;

    @Test
    void aSegmentEndsBySizeByTheTimeOfItsRecordsAndByItsIndex() {
        try (LogStore store = open()) {
            int batch = Batches.of("0123456789").sizeInBytes();
            PartitionLog bySize = store.create(new TopicPartition("size", 0), Uuid.randomUuid(), config("segment.bytes", "" + 10 * batch), 0);
            PartitionLog byTime = store.create(new TopicPartition("time", 0), Uuid.randomUuid(), config("segment.ms", "100"), 0);
            PartitionLog byIndex = store.create(new TopicPartition("index", 0), Uuid.randomUuid(),
                    config("segment.index.bytes", "48", "index.interval.bytes", "0"), 0);
            long now = System.currentTimeMillis();
            for (int i = 0; i < 100; i++) {
                bySize.append(Batches.of("0123456789"), Origin.CLIENT, 0, false);
                byTime.append(Batches.at(now - 10_000 + i * 10, "v"), Origin.CLIENT, 0, false);
                byIndex.append(Batches.of("v"), Origin.CLIENT, 0, false);
            }
            assertThat(bases("size-0")).containsExactly(0L, 10L, 20L, 30L, 40L, 50L, 60L, 70L, 80L, 90L);
            assertThat(bases("time-0")).containsExactly(0L, 11L, 22L, 33L, 44L, 55L, 66L, 77L, 88L, 99L);
            // Six entries of eight bytes fit; the first batch of a segment has none.
            assertThat(bases("index-0")).hasSizeBetween(14, 17);
            assertThat(Batches.values(byIndex)).hasSize(100);
        }
        assertThat(folder.resolve("index-0").resolve("00000000000000000000.index")).satisfies(file -> assertThat(Files.size(file)).isLessThanOrEqualTo(48));
    }

    @Test
    void jitterRollsEarlierButNeverLater() {
        try (LogStore store = open()) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config("segment.ms", "1000", "segment.jitter.ms", "500"), 0);
            long now = System.currentTimeMillis();
            for (int i = 0; i < 1000; i++) {
                log.append(Batches.at(now - 200_000 + i * 100, "v"), Origin.CLIENT, 0, false);
            }
            List<Long> bases = bases(PARTITION.toString());
            List<Long> lengths = new ArrayList<>();
            for (int i = 1; i < bases.size(); i++) {
                lengths.add(bases.get(i) - bases.get(i - 1));
            }
            assertThat(lengths).allSatisfy(length -> assertThat(length).isBetween(6L, 11L));
            assertThat(lengths.stream().distinct().count()).isGreaterThan(2);
        }
    }

    @Test
    void everySealedSegmentHasItsIndexesAndASnapshotOfItsProducers() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "2000", "index.interval.bytes", "100"), 0);
            for (int i = 0; i < 100; i++) {
                log.append(Batches.idempotent(7, 0, i, "value-" + i), Origin.CLIENT, 0, false);
            }
        }
        List<Long> bases = bases(PARTITION.toString());
        assertThat(bases).hasSizeGreaterThan(3);
        for (long base : bases) {
            assertThat(file(base, ".index")).exists();
            assertThat(file(base, ".timeindex")).exists();
        }
        // All but the first segment's beginning, and the end; of many rolls between two checkpoints the last few.
        assertThat(file(100, ".snapshot")).exists();
        assertThat(file(bases.getLast(), ".snapshot")).exists();
    }

    @Test
    void missingTornAndWrongIndexesAreRebuilt() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        try {
            damageIndexes(new Random(seed));
        } catch (Exception | AssertionError failed) {
            throw new AssertionError("again with -Dseed=" + seed + ": " + failed.getMessage(), failed);
        }
    }

    private void damageIndexes(Random random) throws IOException {
        List<String> written = new ArrayList<>();
        try (LogStore store = open()) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "8000", "index.interval.bytes", "50"), 0);
            for (int i = 0; i < 600; i++) {
                log.append(Batches.of("value-" + i), Origin.CLIENT, 0, false);
                written.add("value-" + i);
            }
        }
        for (int round = 0; round < 8; round++) {
            for (long base : bases(PARTITION.toString())) {
                damage(file(base, random.nextBoolean() ? ".index" : ".timeindex"), random);
            }
            try (LogStore store = open()) {
                PartitionLog log = store.log(PARTITION).orElseThrow();
                for (int look = 0; look < 50; look++) {
                    int from = random.nextInt(written.size());
                    assertThat(Batches.values(log, from, 1 + random.nextInt(2000))).as("round %d from %d", round, from)
                            .isEqualTo(written.subList(from, written.size()));
                }
                log.append(Batches.of("more"), Origin.CLIENT, 0, false);
                written.add("more");
            }
        }
    }

    private static void damage(Path file, Random random) throws IOException {
        if (!Files.exists(file) || random.nextInt(3) == 0) {
            Files.deleteIfExists(file);
            return;
        }
        byte[] bytes = Files.readAllBytes(file);
        if (bytes.length == 0) {
            Files.write(file, new byte[24]);
        } else if (random.nextBoolean()) {
            Files.write(file, java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length)));
        } else if (file.toString().endsWith(".index")) {
            for (int i = 0; i < 1 + bytes.length / 20; i++) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, bytes);
        }
    }

    @Test
    void tenThousandSealedSegmentsCostNoStartAndNoOpenFiles() throws Exception {
        try (LogStore store = open()) {
            store.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "120"), 0);
            PartitionLog one = store.log(PARTITION).orElseThrow();
            for (int i = 0; i < 10; i++) {
                one.append(Batches.of("0123456789012345678901234567890123456789"), Origin.CLIENT, 0, false);
            }
        }
        byte[] segment = Files.readAllBytes(file(9, ".log"));
        // Entries of indexes are relative to the segment's base.
        byte[] index = Files.readAllBytes(file(8, ".index"));
        byte[] timeIndex = Files.readAllBytes(file(8, ".timeindex"));
        for (long base = 10; base < 10_000; base++) {
            Files.write(file(base, ".log"), withBase(segment, base));
            Files.write(file(base, ".index"), index);
            Files.write(file(base, ".timeindex"), timeIndex);
        }
        Files.deleteIfExists(folder.resolve("log-end-offset-checkpoint"));
        Files.move(file(10, ".snapshot"), file(10_000, ".snapshot"));
        long files = openFiles();
        long began = System.nanoTime();
        try (LogStore store = open()) {
            long millis = (System.nanoTime() - began) / 1_000_000;
            PartitionLog many = store.log(PARTITION).orElseThrow();
            assertThat(many.endOffset()).isEqualTo(10_000);
            assertThat(millis).isLessThan(2000);
            assertThat(openFiles() - files).isLessThan(50);
            for (long offset = 0; offset < 10_000; offset++) {
                assertThat(many.read(offset, 1000, 10_000, true).sizeInBytes()).isEqualTo(segment.length);
            }
            assertThat(openFiles() - files).isLessThan(3000);
        }
    }

    private static byte[] withBase(byte[] batch, long base) {
        byte[] copy = batch.clone();
        java.nio.ByteBuffer.wrap(copy).putLong(0, base);
        return copy;
    }

    private static long openFiles() throws IOException {
        Path open = Path.of("/proc/self/fd");
        if (!Files.isDirectory(open)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(open)) {
            return files.count();
        }
    }

    @Test
    void damageBeforeTheCheckpointIsNeverServedAfterAnUncleanStop() throws Exception {
        LogStore crashed = LogStore.open(folder, QUICK, Clock.systemUTC());
        PartitionLog log = crashed.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "4000"), 0);
        for (int i = 0; i < 100; i++) {
            log.append(Batches.of("value-" + i), Origin.CLIENT, 0, false);
        }
        awaitCheckpoint(100);
        Path copy = crash(crashed);
        long second = bases(copy.getFileName() + "/" + PARTITION).get(1);
        Path file = copy.resolve(PARTITION.toString()).resolve(PartitionFolder.name(second) + ".log");
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            int size = Batches.of("value-50").sizeInBytes();
            bytes.seek(3L * size + 70);
            int old = bytes.read();
            bytes.seek(3L * size + 70);
            bytes.write(old ^ 1);
        }
        try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), Clock.systemUTC())) {
            PartitionLog recovered = store.log(PARTITION).orElseThrow();
            assertThat(recovered.endOffset()).isEqualTo(100);
            assertThat(recovered.read(second, 1 << 20, 100, true).sizeInBytes()).isEqualTo(3 * Batches.of("value-50").sizeInBytes());
            assertThatThrownBy(() -> recovered.read(second + 3, 1 << 20, 100, true)).isInstanceOf(CorruptRecordException.class)
                    .hasMessageContaining(file.getFileName().toString());
            assertThat(Batches.values(recovered, second + 4, 1 << 20)).startsWith("value-" + (second + 4)).endsWith("value-99");
        }
    }

    @Test
    void abortedTransactionsAndProducersAreAsBeforeAfterAnUncleanStop() throws Exception {
        LogStore crashed = LogStore.open(folder, QUICK, Clock.systemUTC());
        PartitionLog log = crashed.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "1000"), 0);
        for (int i = 0; i < 40; i++) {
            log.append(Batches.transactional(9, i, "t" + i), Origin.CLIENT, 0, false, log.producers().verify(9, (short) 0, i, false));
            log.append(Batches.marker(9, i % 2 == 0 ? ControlRecordType.ABORT : ControlRecordType.COMMIT), Origin.COORDINATOR, 0, false);
            if (i == 25) {
                awaitCheckpoint(50);
            }
        }
        log.append(Batches.transactional(9, 40, "open"), Origin.CLIENT, 0, false, log.producers().verify(9, (short) 0, 40, false));
        var aborted = log.abortedTransactions(0, log.endOffset());
        assertThat(aborted).hasSize(20);
        Path copy = crash(crashed);
        try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), Clock.systemUTC())) {
            PartitionLog recovered = store.log(PARTITION).orElseThrow();
            assertThat(recovered.abortedTransactions(0, recovered.endOffset())).isEqualTo(aborted);
            assertThat(recovered.lastStableOffset()).isEqualTo(80);
            assertThat(recovered.producers().active()).singleElement().satisfies(producer -> assertThat(producer.currentTransactionStart()).isEqualTo(80));
        }
    }

    private void awaitCheckpoint(long offset) throws IOException {
        OffsetCheckpoint file = new OffsetCheckpoint(folder.resolve("recovery-point-offset-checkpoint"));
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (file.read().getOrDefault(PARTITION, 0L) < offset) {
            assertThat(System.nanoTime()).as("no checkpoint covers offset " + offset).isLessThan(deadline);
            Thread.yield();
        }
    }

    @Test
    void leaderEpochsThatACrashKeptFromTheirFileAreFoundInTheBatches() throws Exception {
        LogStore crashed = LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
        PartitionLog log = crashed.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "1000"), 0);
        for (int i = 0; i < 60; i++) {
            log.append(Batches.of("value-" + i), Origin.CLIENT, i / 20 * 3, true);
        }
        log.awaitDurable(60);
        Path copy = crash(crashed);
        Files.deleteIfExists(copy.resolve(PARTITION.toString()).resolve("leader-epoch-checkpoint"));
        Files.deleteIfExists(copy.resolve("recovery-point-offset-checkpoint"));
        for (int open = 0; open < 2; open++) {
            try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), Clock.systemUTC())) {
                PartitionLog recovered = store.log(PARTITION).orElseThrow();
                assertThat(recovered.leaderEpoch()).as("open %d", open).isEqualTo(6);
                assertThat(recovered.endOfEpoch(0)).isEqualTo(new PartitionLog.EpochEnd(0, 20));
                assertThat(recovered.endOfEpoch(4)).isEqualTo(new PartitionLog.EpochEnd(3, 40));
                assertThat(recovered.endOfEpoch(6)).isEqualTo(new PartitionLog.EpochEnd(6, 60));
            }
        }
    }

    @Test
    void logsThatWereClosedTooLateAreRecoveredAndTheOthersTrusted() throws Exception {
        try (LogStore store = open()) {
            for (int i = 0; i < 300; i++) {
                PartitionLog log = store.create(new TopicPartition("many", i), Uuid.randomUuid(), LogConfig.defaults(), 0);
                log.append(Batches.of("value-" + i), Origin.CLIENT, 0, true);
            }
        }
        assertThat(folder.resolve(".kafka_cleanshutdown")).exists();
        // As if there had been no time for most of them.
        OffsetCheckpoint ends = new OffsetCheckpoint(folder.resolve("log-end-offset-checkpoint"));
        java.util.Map<TopicPartition, Long> some = ends.read();
        assertThat(some).hasSize(300);
        some.keySet().removeIf(partition -> partition.partition() % 3 > 0);
        ends.write(some);
        try (LogStore store = open()) {
            for (int i = 0; i < 300; i++) {
                assertThat(Batches.values(store.log(new TopicPartition("many", i)).orElseThrow(), 0, 1000)).containsExactly("value-" + i);
            }
        }
    }

    /** As somebody does who takes over a topic from another node, or puts a backup of it back. */
    @Test
    void filesThatWerePutInALogsFolderWhileTheNodeWasStoppedAreItsRecords() throws Exception {
        Path other = folder.resolve("other");
        try (LogStore store = LogStore.open(other, LogStoreConfig.standard(), Clock.systemUTC())) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config(), 0);
            for (int i = 0; i < 50; i++) {
                log.append(Batches.of("value-" + i), Origin.CLIENT, 0, true);
            }
        }
        Path node = folder.resolve("node");
        Uuid id = Uuid.randomUuid();
        try (LogStore store = LogStore.open(node, LogStoreConfig.standard(), Clock.systemUTC())) {
            store.create(PARTITION, id, config(), 0);
        }
        Path partition = node.resolve(PARTITION.toString());
        try (Stream<Path> files = Files.list(other.resolve(PARTITION.toString()))) {
            for (Path file : files.filter(file -> !file.endsWith("partition.metadata")).toList()) {
                Files.copy(file, partition.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        // Nobody is as quick as this test.
        FileTime stopped = Files.getLastModifiedTime(node.resolve(".kafka_cleanshutdown"));
        Files.setLastModifiedTime(partition, FileTime.fromMillis(stopped.toMillis() + 1_000));
        for (int open = 0; open < 2; open++) {
            try (LogStore store = LogStore.open(node, LogStoreConfig.standard(), Clock.systemUTC())) {
                PartitionLog log = store.log(PARTITION).orElseThrow();
                assertThat(log.endOffset()).isEqualTo(50 + open);
                assertThat(Batches.values(log, 0, 1000)).hasSize(50 + open).startsWith("value-0", "value-1").contains("value-49");
                assertThat(log.append(Batches.of("more"), Origin.CLIENT, 1, true).firstOffset()).isEqualTo(50 + open);
            }
        }
    }

    /** What kill -9 leaves: the files as they are. */
    @Test
    void theLastTimesOfSegmentsThatWereRecoveredAreKnownToTheNextStart() throws Exception {
        LogStore crashed = LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
        PartitionLog log = crashed.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "1000"), 0);
        long start = System.currentTimeMillis();
        for (int i = 0; i < 60; i++) {
            log.append(Batches.at(start + i, "value-" + i), Origin.CLIENT, 0, false);
        }
        Path copy = crash(crashed);
        for (int open = 0; open < 3; open++) {
            try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), Clock.systemUTC())) {
                PartitionLog recovered = store.log(PARTITION).orElseThrow();
                assertThat(recovered.segments()).isGreaterThan(3);
                for (int i = 0; i < 60; i++) {
                    assertThat(recovered.offsetForTimestamp(start + i, 60).orElseThrow().offset).as("open %d", open).isEqualTo(i);
                }
            }
        }
    }

    private Path crash(LogStore store) throws IOException {
        Path copy = folder.resolve("crashed");
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.toList();
        }
        for (Path file : all) {
            Path target = copy.resolve(folder.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(target);
            } else if (!file.toString().endsWith(".tmp")) {
                Files.copy(file, target);
            }
        }
        store.close();
        return copy;
    }

    private LogStore open() {
        return LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
    }

    private List<Long> bases(String partition) {
        try {
            return new PartitionFolder(folder.resolve(partition)).content().logs();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Path file(long base, String suffix) {
        return folder.resolve(PARTITION.toString()).resolve(PartitionFolder.name(base) + suffix);
    }

    private static LogConfig config(String... keysAndValues) {
        Map<String, String> values = new java.util.HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            values.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return LogConfig.of(values);
    }

    @Test
    void aLogGoesOnWhoseLastSegmentIsDamagedAtItsBeginning() throws Exception {
        int batch;
        try (LogStore store = open()) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config("index.interval.bytes", "100"), 0);
            for (int i = 0; i < 100; i++) {
                log.append(Batches.of("before-" + i), Origin.CLIENT, 0, false);
            }
            batch = Batches.of("before-0").sizeInBytes();
        }
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve(PARTITION.toString()).resolve("00000000000000000000.log").toFile(), "rw")) {
            // Its length: less than a batch has.
            file.seek(8);
            file.writeInt(1);
        }
        try (LogStore store = open()) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            assertThat(log.append(Batches.of("after"), Origin.CLIENT, 0, false).firstOffset()).isEqualTo(100);
            assertThat(Batches.values(log, 50, 10 * batch)).hasSize(51).endsWith("after");
            assertThatThrownBy(() -> log.read(0, batch, 100, true)).isInstanceOf(CorruptRecordException.class);
        }
    }

    @Test
    void aSegmentWhoseFileSomebodyRemovedGoesByRetentionAsOthersDo() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = store.create(PARTITION, Uuid.randomUuid(), config("segment.bytes", "1000"), 0);
            for (int i = 0; i < 100; i++) {
                log.append(Batches.of("value-" + i), Origin.CLIENT, 0, false);
            }
            List<Long> bases = bases(PARTITION.toString());
            Path first = folder.resolve(PARTITION.toString()).resolve("00000000000000000000.log");
            long kept = log.size() - Files.size(first);
            Files.delete(first);
            log.reconfigure(config("segment.bytes", "1000", "retention.bytes", Long.toString(kept)));
            store.applyRetention();
            assertThat(log.startOffset()).isEqualTo(bases.get(1));
            assertThat(Batches.values(log)).hasSize(100 - bases.get(1).intValue());
        }
    }
}
