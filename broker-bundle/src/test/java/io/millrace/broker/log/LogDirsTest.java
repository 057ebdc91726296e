package io.millrace.broker.log;

import static io.millrace.broker.log.Batches.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.log.LogDirStatus.Replica;
import io.millrace.broker.log.LogFlush.Reached;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.journal.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several log folders: where partitions go, what one failing folder does to the others, and moves between them. */
@Timeout(60)
class LogDirsTest {

    private static final String CLUSTER = "4L6g3nShT-eMCtK--X86sw";
    private static final Uuid ID = Uuid.randomUuid();

    @TempDir
    private Path folder;
    private Path one;
    private Path two;
    private Path three;

    @BeforeEach
    void name() {
        one = folder.resolve("one");
        two = folder.resolve("two");
        three = folder.resolve("three");
    }

    private LogStore open(Path... folders) {
        return open(Set.of(), Long.MAX_VALUE, folders);
    }

    private LogStore open(Set<Path> cordoned, long moveBytesPerSecond, Path... folders) {
        LogDirRegistry registry = LogDirRegistry.open(CLUSTER, 1, folder.resolve("log-dirs"));
        LogStoreConfig often = new LogStoreConfig(Map.of("file.delete.delay.ms", "0"), Duration.ofMinutes(5), Duration.ofMillis(20), Duration.ofDays(1));
        return LogStore.open(new LogDirs(List.of(folders), cordoned, registry, moveBytesPerSecond), often, Clock.systemUTC());
    }

    private static TopicPartition partition(int index) {
        return new TopicPartition("orders", index);
    }

    private static PartitionLog create(LogStore store, int index) {
        return store.create(partition(index), ID, LogConfig.of(Map.of("segment.bytes", "5000", "file.delete.delay.ms", "0")), 0);
    }

    private static void append(PartitionLog log, String... values) throws InterruptedException {
        log.append(Batches.of(values), Origin.CLIENT, 0, true);
        log.awaitDurable(log.endOffset());
    }

    private static Path folderOf(LogStore store, int index) {
        return store.dirs().stream().filter(dir -> dir.replicas().stream().anyMatch(replica -> replica.partition().equals(partition(index)) && !replica.future()))
                .findFirst().orElseThrow().folder();
    }

    private static LogDirStatus status(LogStore store, Path folder) {
        return store.dirs().stream().filter(dir -> dir.folder().equals(folder)).findFirst().orElseThrow();
    }

    private static void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for %s", what).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    @Test
    void newPartitionsGoToTheFolderWithTheFewestAndNeverToACordonedOne() throws Exception {
        try (LogStore store = open(Set.of(three), Long.MAX_VALUE, one, two, three)) {
            for (int i = 0; i < 6; i++) {
                append(create(store, i), "of " + i);
            }
            assertThat(status(store, one).replicas()).hasSize(3);
            assertThat(status(store, two).replicas()).hasSize(3);
            assertThat(status(store, three).replicas()).isEmpty();
            assertThat(status(store, three).cordoned()).isTrue();
            store.delete(partition(0));
            store.delete(partition(2));
            create(store, 6);
            assertThat(folderOf(store, 6)).isEqualTo(one);
            assertThat(status(store, one).totalBytes()).isEqualTo(one.toFile().getTotalSpace());
            assertThat(status(store, one).usableBytes()).isPositive();
        }
        try (LogStore store = open(one, two, three)) {
            assertThat(status(store, one).replicas()).hasSize(2);
            for (int i : new int[] {1, 3, 4, 5}) {
                assertThat(values(store.log(partition(i)).orElseThrow(), 0, 1000)).containsExactly("of " + i);
            }
        }
    }

    @Test
    void aFolderThatFailsTakesItsPartitionsOfflineAndLeavesTheOthers() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/null")), "failing disks are not tested: there is no /dev/null");
        try (LogStore store = open(one, two)) {
            PartitionLog failing = create(store, 0);
            PartitionLog other = create(store, 1);
            PartitionLog beside = create(store, 2);
            append(failing, "a");
            append(other, "a");
            append(beside, "a");
            // The next segment cannot be made durable, and nothing else in that folder either.
            breakDisk(one);
            assertThatThrownBy(() -> {
                while (true) {
                    append(failing, "x".repeat(1000));
                }
            }).isInstanceOf(KafkaStorageException.class);
            await("the folder to be offline", () -> status(store, one).failure().isPresent());
            assertThat(status(store, one).failure().orElseThrow()).contains(one.toString());
            assertThat(status(store, one).totalBytes()).isEqualTo(-1);
            await("its other partition to be offline", () -> !beside.isOnline());
            assertThatThrownBy(() -> beside.read(0, 100, 1, true)).isInstanceOf(KafkaStorageException.class).hasMessageContaining(one.toString());
            assertThatThrownBy(() -> append(beside, "b")).isInstanceOf(KafkaStorageException.class);

            append(other, "b");
            assertThat(values(other, 0, 1000)).containsExactly("a", "b");
            append(create(store, 3), "c");
            assertThat(folderOf(store, 3)).isEqualTo(two);
            assertThatThrownBy(() -> store.move(partition(1), one)).isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> store.move(partition(0), two)).isInstanceOf(KafkaStorageException.class);
            repairDisk(one);
            // It could be written again; but what is on it, nobody knows before a start has looked.
            assertThatThrownBy(() -> append(beside, "b")).isInstanceOf(KafkaStorageException.class);
        }
        try (LogStore store = open(one, two)) {
            assertThat(values(store.log(partition(2)).orElseThrow(), 0, 1000)).containsExactly("a");
            append(store.log(partition(2)).orElseThrow(), "b");
            assertThat(values(store.log(partition(0)).orElseThrow(), 0, 1000)).startsWith("a");
        }
    }

    @Test
    void aLogThatIsMovedWhileItsRecordsAreOnTheWayToTheJournalIsMadeDurableInTheNewFolder() throws Exception {
        try (LogStore store = open(one, two); Journal slow = new Journal(Files.createDirectory(folder.resolve("slow")), Journal.LEAST_BYTES);
                Flushers flushers = new Flushers()) {
            SegmentedLog log = (SegmentedLog) create(store, 0);
            append(log, "a");
            log.append(Batches.of("b"), Origin.CLIENT, 0, true);
            List<Reached> round = new ArrayList<>();
            assertThat(log.flush().commit(log.dir().groupCommit(), slow, round, flushers)).isTrue();
            assertThat(round).singleElement().satisfies(reached -> assertThat(reached.target()).isEqualTo(2));
            store.move(partition(0), two);
            await("the log to be moved", () -> log.dir().path().equals(two));
            append(log, "c");
            // Now the first folder's disk is done.
            round.getFirst().committed(1);
            append(log, "d");
            assertThat(log.highWatermark()).isEqualTo(4);
        }
    }

    /** Whatever is created there from now on is a device that takes everything and can sync nothing. */
    private static void breakDisk(Path dir) throws IOException {
        Files.createSymbolicLink(dir.resolve(".probe"), Path.of("/dev/null"));
        Path active = dir.resolve("orders-0");
        for (int size = 1; size < 200; size++) {
            // The offset of the next segment depends on how many batches fit.
            Path next = active.resolve(PartitionFolder.name(size) + ".log");
            Files.createSymbolicLink(next, Path.of("/dev/null"));
        }
    }

    private static void repairDisk(Path dir) throws IOException {
        Files.deleteIfExists(dir.resolve(".probe"));
        for (int size = 1; size < 200; size++) {
            Path next = dir.resolve("orders-0").resolve(PartitionFolder.name(size) + ".log");
            if (Files.isSymbolicLink(next)) {
                Files.delete(next);
            }
        }
    }

    @Test
    void aFolderThatIsMissingAtTheStartKeepsItsPartitionsOfflineInsteadOfBeginningThemAnew() throws Exception {
        try (LogStore store = open(one, two)) {
            append(create(store, 0), "zero");
            append(create(store, 1), "one");
        }
        Path unmounted = folder.resolve("unmounted");
        Files.move(two, unmounted);
        Files.createDirectory(two);
        try (LogStore store = open(one, two)) {
            assertThat(status(store, two).failure().orElseThrow()).contains("mount");
            assertThat(values(store.reopen(List.of(partition(0)), ID, LogConfig.defaults()).getFirst(), 0, 1000)).containsExactly("zero");
            PartitionLog lost = store.reopen(List.of(partition(1)), ID, LogConfig.defaults()).getFirst();
            assertThat(lost.isOnline()).isFalse();
            assertThatThrownBy(lost::endOffset).isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> append(lost, "x")).isInstanceOf(KafkaStorageException.class);
            append(create(store, 2), "new ones go on");
        }
        Files.delete(two.resolve(".lock"));
        Files.delete(two);
        Files.move(unmounted, two);
        // Left out of log.dirs it is missed as well, and so is the disk that nobody has anymore.
        try (LogStore store = open(one)) {
            assertThat(store.reopen(List.of(partition(1)), ID, LogConfig.defaults()).getFirst().isOnline()).isFalse();
        }
        try (LogStore store = open(one, two)) {
            assertThat(values(store.reopen(List.of(partition(1)), ID, LogConfig.defaults()).getFirst(), 0, 1000)).containsExactly("one");
        }
    }

    @Test
    void aFolderOfAnotherNodeIsRefused() throws Exception {
        open(one, two).close();
        Files.writeString(two.resolve("meta.properties"), "version=1\ncluster.id=other\nnode.id=1\ndirectory.id=" + Uuid.randomUuid() + "\n");
        assertThatThrownBy(() -> open(one, two)).isInstanceOf(IllegalStateException.class).hasMessageContaining("other").hasMessageContaining(two.toString());
        try (LogStore alone = open(one)) {
            assertThatThrownBy(() -> open(one)).isInstanceOf(IllegalStateException.class).hasMessageContaining("used by another");
            assertThat(alone.dirs()).hasSize(1);
        }
    }

    @Test
    void aPartitionMovesWhileItIsWrittenReadAndTransactedAndNothingIsLost() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> written = new ArrayList<>();
        try (LogStore store = open(one, two)) {
            PartitionLog log = create(store, 0);
            int aborted = 0;
            for (int move = 0; move < 6; move++) {
                Path target = move % 2 == 0 ? two : one;
                for (int i = 0; i < 50; i++) {
                    append(log, value(random, written));
                }
                log.append(Batches.transactional(9, move, value(random, written)), Origin.CLIENT, 0, true, log.producers().verify(9, (short) 0, move, false));
                log.append(Batches.marker(9, ControlRecordType.ABORT), Origin.COORDINATOR, 0, true);
                aborted++;
                Thread writer = Thread.ofPlatform().start(() -> {
                    try {
                        while (!folderOf(store, 0).equals(target)) {
                            append(log, value(random, written));
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                store.move(partition(0), target);
                writer.join();
                assertThat(folderOf(store, 0)).as("seed %d", seed).isEqualTo(target);
                assertThat(withoutMarkers(log)).as("seed %d, move %d", seed, move).isEqualTo(written);
                assertThat(log.abortedTransactions(0, log.endOffset())).as("seed %d, move %d", seed, move).hasSize(aborted);
                Path left = target.equals(two) ? one : two;
                await("the old folder to go", () -> !Files.exists(left.resolve("orders-0")));
            }
            append(log, value(random, written));
        }
        try (LogStore store = open(one, two)) {
            PartitionLog log = store.log(partition(0)).orElseThrow();
            assertThat(withoutMarkers(log)).as("seed %d", seed).isEqualTo(written);
            assertThat(log.abortedTransactions(0, log.endOffset())).as("seed %d", seed).hasSize(6);
            assertThat(log.append(Batches.transactional(9, 5, "again"), Origin.CLIENT, 0, true).duplicate()).as("seed %d", seed).isTrue();
        }
    }

    private static String value(Random random, List<String> written) {
        String value = written.size() + "-" + "x".repeat(random.nextInt(400));
        written.add(value);
        return value;
    }

    private static List<String> withoutMarkers(PartitionLog log) {
        return values(log, 0, 3000).stream().filter(value -> value.contains("-")).toList();
    }

    @Test
    void aMoveCutOffByAStopBeginsAnewAndOneThatIsCalledOffLeavesNothing() throws Exception {
        String large = "x".repeat(4000);
        try (LogStore store = open(Set.of(), 20_000, one, two)) {
            PartitionLog log = create(store, 0);
            for (int i = 0; i < 100; i++) {
                append(log, large);
            }
            store.move(partition(0), two);
            await("the copy to grow", () -> status(store, two).replicas().stream().anyMatch(Replica::future));
            Replica copy = status(store, two).replicas().getFirst();
            assertThat(copy.offsetLag()).isPositive();
            store.move(partition(0), one);
            await("the copy to go", () -> folders(two).isEmpty());
            assertThat(status(store, two).replicas()).isEmpty();
            store.move(partition(0), two);
            await("the copy to grow", () -> folders(two).size() == 1);
            assertThatThrownBy(() -> store.move(partition(0), three)).isInstanceOf(LogDirNotFoundException.class);
            assertThatThrownBy(() -> store.move(partition(7), two)).isInstanceOf(ReplicaNotAvailableException.class);
            create(store, 7);
            assertThat(folderOf(store, 7)).isEqualTo(two);
        }
        try (LogStore store = open(one, two)) {
            await("the move to be done", () -> folderOf(store, 0).equals(two));
            assertThat(values(store.log(partition(0)).orElseThrow(), 0, 100_000)).hasSize(100).containsOnly(large);
            await("the old files to go", () -> folders(one).isEmpty());
            assertThat(folders(two)).containsExactlyInAnyOrder("orders-0", "orders-7");
        }
    }

    @Test
    void aLogIsInOneFolderAtEveryMomentOfItsMoves() throws Exception {
        try (LogStore store = open(one, two)) {
            append(create(store, 0), "a");
            for (int move = 0; move < 60; move++) {
                Path target = move % 2 == 0 ? two : one;
                store.move(partition(0), target);
                Path where;
                do {
                    List<LogDirStatus> dirs = store.dirs();
                    List<LogDirStatus> having = dirs.stream().filter(dir -> dir.replicas().stream().anyMatch(replica -> !replica.future())).toList();
                    assertThat(having).as("move %d: %s", move, dirs).hasSize(1);
                    assertThat(having.getFirst().replicas()).as("move %d: %s", move, dirs).hasSize(1);
                    where = having.getFirst().folder();
                } while (!where.equals(target));
                await("the old folder to go", () -> !Files.exists((target.equals(two) ? one : two).resolve("orders-0")));
            }
        }
    }

    private static List<String> folders(Path dir) {
        try (var all = Files.newDirectoryStream(dir, Files::isDirectory)) {
            List<String> names = new ArrayList<>();
            all.forEach(each -> names.add(each.getFileName().toString()));
            return names;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void ofAPartitionInTwoFoldersTheLongerIsUsedAndTheOtherSetAside() throws Exception {
        try (LogStore store = open(one, two)) {
            append(create(store, 0), "a");
        }
        LogFixture.copy(one.resolve("orders-0"), two.resolve("orders-0"));
        try (LogStore store = open(one)) {
            append(store.log(partition(0)).orElseThrow(), "b");
        }
        for (List<Path> order : List.of(List.of(one, two), List.of(two, one))) {
            try (LogStore store = open(order.get(0), order.get(1))) {
                store.settleDoubles(topic -> Optional.of(ID));
                assertThat(values(store.log(partition(0)).orElseThrow(), 0, 1000)).containsExactly("a", "b");
                assertThat(folderOf(store, 0)).isEqualTo(one);
                assertThat(folders(two)).singleElement().asString().endsWith("-stray");
            }
        }
    }

    @Test
    void producersDoNotWaitForTheRateOfAMove() throws Exception {
        try (LogStore store = open(one, two)) {
            SegmentedLog log = (SegmentedLog) create(store, 0);
            SegmentedLog beside = (SegmentedLog) create(store, 1);
            assertThat(beside.dir()).isNotEqualTo(log.dir());
            append(log, "a");
            AtomicInteger slowed = new AtomicInteger();
            AtomicInteger slowedWhileAppendsWait = new AtomicInteger();
            LogMove move = new LogMove(log, beside.dir(), () -> {
                if (slowed.getAndIncrement() == 0) {
                    // What comes when it has been seen how much there is to be copied is for the end of the move.
                    log.append(Batches.of("b"), Origin.CLIENT, 0, false);
                }
                if (log.files().renaming().isHeldByCurrentThread()) {
                    slowedWhileAppendsWait.incrementAndGet();
                }
                return Long.MAX_VALUE;
            });
            move.run();
            assertThat(log.dir()).isEqualTo(beside.dir());
            assertThat(Batches.values(log)).containsExactly("a", "b");
            assertThat(slowed).hasPositiveValue();
            assertThat(slowedWhileAppendsWait).hasValue(0);
        }
    }
}
