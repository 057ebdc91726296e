package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.PartitionLog.Appended;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogStoreTest {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 3);
    private static final Uuid ID = Uuid.randomUuid();

    @TempDir
    private Path folder;
    @TempDir
    private Path crashes;
    private final Clock clock = Clock.systemUTC();

    @Test
    void appendedRecordsAreReadBackInOrder() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            for (int i = 0; i < 100; i++) {
                Appended appended = log.append(records("r" + i), Origin.CLIENT, 0, true);
                assertThat(appended.firstOffset()).isEqualTo(i);
            }
            log.awaitDurable(100);
            assertThat(log.highWatermark()).isEqualTo(100);
            assertThat(values(log)).hasSize(100).startsWith("r0").endsWith("r99");
        }
    }

    @Test
    void recordsAreInvisibleUntilTheyAreDurable() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            log.append(records("a"), Origin.CLIENT, 0, false);
            assertThat(log.highWatermark()).isEqualTo(1);
            log.append(records("b"), Origin.CLIENT, 0, true);
            log.awaitDurable(2);
            assertThat(log.highWatermark()).isEqualTo(2);
        }
    }

    @Test
    void aReaderThatFailsIsNoOtherReadersOrProducersTrouble() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            AtomicInteger told = new AtomicInteger();
            for (int i = 0; i < 3; i++) {
                log.addListener(() -> {
                    told.incrementAndGet();
                    throw new IllegalStateException("a reader's mistake");
                });
            }
            for (int i = 0; i < 20; i++) {
                log.append(records("r" + i), Origin.CLIENT, 0, true);
                log.awaitDurable(i + 1);
            }
            assertThat(told.get()).isGreaterThanOrEqualTo(60);
        }
    }

    @Test
    void aReadIsBoundedAndHoldsWholeBatches() {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of("index.interval.bytes", "100"));
            int size = records("0123456789").sizeInBytes();
            for (int i = 0; i < 200; i++) {
                log.append(records("0123456789"), Origin.CLIENT, 0, false);
            }
            assertThat(log.read(50, size * 7 + 3, 200, true).sizeInBytes()).isEqualTo(size * 7);
            assertThat(log.read(50, size * 7, 52, true).sizeInBytes()).isEqualTo(size * 2);
            assertThat(log.read(50, 5, 200, true).sizeInBytes()).isEqualTo(size);
            assertThat(log.read(50, 5, 200, false).sizeInBytes()).isZero();
            assertThat(log.read(200, 1000, 200, true).sizeInBytes()).isZero();
            assertThatThrownBy(() -> log.read(201, 1000, 300, true)).isInstanceOf(OffsetOutOfRangeException.class);
        }
    }

    @Test
    void aReadHoldsAsManyWholeBatchesAsFitHoweverDenseTheIndexIs() {
        try (LogStore store = open()) {
            for (String interval : List.of("10", "100", "1000")) {
                PartitionLog log = store.create(new TopicPartition("every-" + interval, 0), Uuid.randomUuid(), LogConfig.of(Map.of("index.interval.bytes", interval)), 0);
                int size = records("0123456789").sizeInBytes();
                for (int i = 0; i < 40; i++) {
                    log.append(records("0123456789"), Origin.CLIENT, 0, false);
                }
                for (int most = size; most < size * 42; most += 7) {
                    assertThat(log.read(0, most, 40, true).sizeInBytes()).as("index every %s bytes, at most %d", interval, most)
                            .isEqualTo(Math.min(40, most / size) * size);
                }
            }
        }
    }

    @Test
    void aCleanRestartKeepsEverythingAcrossSegments() {
        List<String> written;
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of("segment.bytes", "500"));
            for (int i = 0; i < 50; i++) {
                log.append(records("value-" + i), Origin.CLIENT, 0, false);
            }
            written = values(log);
        }
        try (LogStore store = open()) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            assertThat(log.topicId()).isEqualTo(ID);
            assertThat(values(log)).isEqualTo(written).hasSize(50);
            assertThat(log.append(records("next"), Origin.CLIENT, 0, false).firstOffset()).isEqualTo(50);
        }
    }

    @Test
    void aTornTailIsCutAtEveryByteAndTheLogGoesOn() throws Exception {
        int whole = records("a").sizeInBytes() * 2;
        for (int cut = whole + 1; cut < whole + records("a").sizeInBytes(); cut += 3) {
            Path each = folder.resolve("cut-" + cut);
            LogStore crashed = LogStore.open(each, LogStoreConfig.standard(), clock);
            PartitionLog log = create(crashed, Map.of());
            for (int i = 0; i < 3; i++) {
                log.append(records("a"), Origin.CLIENT, 0, false);
            }
            Path copy = crash(each, crashed);
            try (FileChannel file = FileChannel.open(logFile(copy), StandardOpenOption.WRITE)) {
                file.truncate(cut);
            }
            try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), clock)) {
                PartitionLog recovered = store.log(PARTITION).orElseThrow();
                assertThat(recovered.endOffset()).isEqualTo(2);
                assertThat(recovered.append(records("b"), Origin.CLIENT, 0, false).firstOffset()).isEqualTo(2);
                assertThat(values(recovered)).containsExactly("a", "a", "b");
            }
        }
    }

    @Test
    void aFlippedBitInTheUncheckpointedTailIsNeverServed() throws Exception {
        LogStore crashed = open();
        PartitionLog log = create(crashed, Map.of());
        for (int i = 0; i < 3; i++) {
            log.append(records("abc"), Origin.CLIENT, 0, false);
        }
        Path copy = crash(folder, crashed);
        int size = records("abc").sizeInBytes();
        try (RandomAccessFile file = new RandomAccessFile(logFile(copy).toFile(), "rw")) {
            file.seek(size + 62);
            int old = file.read();
            file.seek(size + 62);
            file.write(old ^ 4);
        }
        try (LogStore store = LogStore.open(copy, LogStoreConfig.standard(), clock)) {
            assertThat(values(store.log(PARTITION).orElseThrow())).containsExactly("abc");
        }
    }

    @Test
    void aRepeatedBatchIsAnsweredWithItsFirstOffsetsAndAGapIsRefused() {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            log.append(idempotent(7, 0, 0, "a", "b"), Origin.CLIENT, 0, false);
            log.append(idempotent(7, 0, 2, "c"), Origin.CLIENT, 0, false);
            Appended again = log.append(idempotent(7, 0, 0, "a", "b"), Origin.CLIENT, 0, false);
            assertThat(again.duplicate()).isTrue();
            assertThat(again.firstOffset()).isZero();
            assertThat(again.lastOffset()).isEqualTo(1);
            assertThatThrownBy(() -> log.append(idempotent(7, 0, 5, "x"), Origin.CLIENT, 0, false)).isInstanceOf(OutOfOrderSequenceException.class);
            assertThat(log.endOffset()).isEqualTo(3);
        }
    }

    @Test
    void duplicatesAreRecognisedAfterARestart() {
        try (LogStore store = open()) {
            create(store, Map.of()).append(idempotent(7, 0, 0, "a"), Origin.CLIENT, 0, false);
        }
        try (LogStore store = open()) {
            assertThat(store.log(PARTITION).orElseThrow().append(idempotent(7, 0, 0, "a"), Origin.CLIENT, 0, false).duplicate()).isTrue();
        }
    }

    @Test
    void anOpenTransactionHoldsTheStableOffsetUntilItsMarker() {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            log.append(records("before"), Origin.CLIENT, 0, false);
            log.append(transactional(9, 0, "t1"), Origin.CLIENT, 0, false, log.producers().verify(9, (short) 0, 0, false));
            log.append(records("between"), Origin.CLIENT, 0, false);
            assertThat(log.lastStableOffset()).isEqualTo(1);
            log.append(marker(9, ControlRecordType.ABORT), Origin.COORDINATOR, 0, false);
            assertThat(log.lastStableOffset()).isEqualTo(4);
            assertThat(log.abortedTransactions(0, 4)).singleElement().satisfies(aborted -> {
                assertThat(aborted.producerId()).isEqualTo(9);
                assertThat(aborted.firstOffset()).isEqualTo(1);
            });
            assertThat(log.abortedTransactions(0, 1)).isEmpty();
        }
        try (LogStore store = open()) {
            assertThat(store.log(PARTITION).orElseThrow().abortedTransactions(0, 4)).hasSize(1);
        }
    }

    @Test
    void corruptAndOversizedBatchesAreRefusedAndNothingIsAppended() {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of("max.message.bytes", "200"));
            MemoryRecords corrupt = records("abc");
            corrupt.buffer().put(65, (byte) 99);
            assertThatThrownBy(() -> log.append(corrupt, Origin.CLIENT, 0, false)).isInstanceOf(CorruptRecordException.class);
            assertThatThrownBy(() -> log.append(records("x".repeat(300)), Origin.CLIENT, 0, false)).isInstanceOf(RecordTooLargeException.class);
            assertThat(log.endOffset()).isZero();
        }
    }

    @Test
    void retentionTakesWholeSegmentsAndMovesTheStart() throws Exception {
        Clock later = Clock.fixed(Instant.now().plus(Duration.ofDays(30)), ZoneOffset.UTC);
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of("segment.bytes", "300"));
            for (int i = 0; i < 20; i++) {
                log.append(records("value"), Origin.CLIENT, 0, false);
            }
        }
        try (LogStore store = LogStore.open(folder, LogStoreConfig.standard(), later)) {
            store.applyRetention();
            PartitionLog log = store.log(PARTITION).orElseThrow();
            assertThat(log.startOffset()).isEqualTo(20);
            assertThat(log.endOffset()).isEqualTo(20);
        }
    }

    @Test
    void aTimeFindsTheFirstRecordAtOrAfterIt() {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of("segment.bytes", "300", "index.interval.bytes", "10"));
            long base = clock.millis() - 100_000;
            for (int i = 0; i < 50; i++) {
                log.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(base + i * 10, "v".getBytes())), Origin.CLIENT, 0, false);
            }
            assertThat(log.offsetForTimestamp(base + 205, 50).orElseThrow().offset).isEqualTo(21);
            assertThat(log.offsetForTimestamp(base + 10_000, 50)).isEmpty();
            assertThat(log.maxTimestamp().orElseThrow().offset).isEqualTo(49);
        }
    }

    @Test
    void aSecondStoreOnTheSameFolderIsRefused() {
        try (LogStore store = open()) {
            assertThat(store.folder()).isEqualTo(folder);
            assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining(folder.toString());
        }
    }

    @Test
    void manyWritersShareTheGroupCommit() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = create(store, Map.of());
            List<Thread> writers = new ArrayList<>();
            for (int w = 0; w < 8; w++) {
                writers.add(Thread.startVirtualThread(() -> {
                    for (int i = 0; i < 100; i++) {
                        Appended appended = log.append(records("x"), Origin.CLIENT, 0, true);
                        try {
                            log.awaitDurable(appended.lastOffset() + 1);
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        if (log.highWatermark() <= appended.lastOffset()) {
                            throw new AssertionError("acknowledged but not visible");
                        }
                    }
                }));
            }
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(log.highWatermark()).isEqualTo(800);
        }
    }

    private LogStore open() {
        return LogStore.open(folder, LogStoreConfig.standard(), clock);
    }

    private static PartitionLog create(LogStore store, Map<String, String> config) {
        return store.create(PARTITION, ID, LogConfig.of(config), 0);
    }

    /** What a crash leaves: the files as they are, without a clean close. */
    private Path crash(Path source, LogStore store) throws IOException {
        Path copy = crashes.resolve(source.getFileName());
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                Path target = copy.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!name.startsWith("recovery-point")) {
                    Files.copy(file, target);
                }
            }
        }
        store.close();
        return copy;
    }

    private static Path logFile(Path store) {
        return store.resolve(PARTITION.toString()).resolve("00000000000000000000.log");
    }

    private static List<String> values(PartitionLog log) {
        List<String> values = new ArrayList<>();
        long offset = log.startOffset();
        while (offset < log.endOffset()) {
            for (Record record : log.read(offset, 1 << 20, log.endOffset(), true).records()) {
                byte[] bytes = new byte[record.valueSize()];
                record.value().get(bytes);
                values.add(new String(bytes));
                offset = record.offset() + 1;
            }
        }
        return values;
    }

    private static MemoryRecords records(String... values) {
        return MemoryRecords.withRecords(Compression.NONE, simple(values));
    }

    private static SimpleRecord[] simple(String... values) {
        return Stream.of(values).map(value -> new SimpleRecord(System.currentTimeMillis(), value.getBytes())).toArray(SimpleRecord[]::new);
    }

    private static MemoryRecords idempotent(long producer, int epoch, int sequence, String... values) {
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producer, (short) epoch, sequence, simple(values));
    }

    private static MemoryRecords transactional(long producer, int sequence, String... values) {
        return MemoryRecords.withTransactionalRecords(Compression.NONE, producer, (short) 0, sequence, simple(values));
    }

    private static MemoryRecords marker(long producer, ControlRecordType type) {
        ByteBuffer buffer = ByteBuffer.allocate(128);
        MemoryRecords.writeEndTransactionalMarker(buffer, 0, System.currentTimeMillis(), 0, producer, (short) 0, new EndTransactionMarker(type, 0));
        return MemoryRecords.readableRecords(buffer.flip());
    }
}
