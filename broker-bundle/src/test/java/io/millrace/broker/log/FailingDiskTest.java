package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log on a device that fails: one that has no space, and one that cannot be synced. */
@Timeout(30)
class FailingDiskTest {

    private static final TopicPartition BAD = new TopicPartition("bad", 0);
    private static final TopicPartition GOOD = new TopicPartition("good", 0);
    private static final Path UNREADABLE = Path.of("/sys/devices/software/power/autosuspend_delay_ms");

    @TempDir
    private Path folder;

    @BeforeEach
    void makeLogs() {
        try (LogStore store = open()) {
            store.create(BAD, Uuid.randomUuid(), LogConfig.defaults(), 0);
            store.create(GOOD, Uuid.randomUuid(), LogConfig.defaults(), 0);
        }
    }

    private LogStore open() {
        return LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
    }

    /** Puts a device in the place of the log's empty file. */
    private void replaceBy(String device) throws IOException {
        assumeTrue(Files.exists(Path.of(device)), "failing disks are not tested: there is no " + device);
        Path file = folder.resolve(BAD.toString()).resolve("00000000000000000000.log");
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of(device));
    }

    @Test
    void aFullDiskRefusesARecordAndTheLogGoesOn() throws Exception {
        replaceBy("/dev/full");
        try (LogStore store = open()) {
            PartitionLog full = store.log(BAD).orElseThrow();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> full.append(Batches.idempotent(7, 0, 0, "a"), Origin.CLIENT, 0, true)).isInstanceOf(KafkaStorageException.class)
                        .hasMessageContaining("No space left on device");
            }
            assertThat(full.isOnline()).isTrue();
            assertThat(full.endOffset()).isZero();
            assertThat(full.read(0, 1000, 1, true).sizeInBytes()).isZero();
            PartitionLog good = store.log(GOOD).orElseThrow();
            assertThat(store.troubles()).singleElement().satisfies(trouble -> {
                assertThat(trouble.name()).isEqualTo(folder.toString());
                assertThat(trouble.reason()).contains("is full", "No space left on device");
                assertThat(trouble.isOffline()).isFalse();
            });
            good.append(Batches.of("a"), Origin.CLIENT, 0, true);
            good.awaitDurable(1);
            assertThat(store.troubles()).isEmpty();
        }
    }

    @Test
    void aDiskThatCannotSyncTakesOnlyThatLogOfflineAndIsNotAskedAgain() throws Exception {
        replaceBy("/dev/null");
        try (LogStore store = open()) {
            PartitionLog bad = store.log(BAD).orElseThrow();
            bad.append(Batches.of("a"), Origin.CLIENT, 0, true);
            assertThatThrownBy(() -> bad.awaitDurable(1)).isInstanceOf(KafkaStorageException.class).hasMessageContaining(folder.resolve(BAD.toString()).toString());
            assertThat(bad.isOnline()).isFalse();
            // The device would do now; but what an fsync that failed left on the disk, nobody knows.
            Files.delete(folder.resolve(BAD.toString()).resolve("00000000000000000000.log"));
            assertThatThrownBy(() -> bad.append(Batches.of("b"), Origin.CLIENT, 0, true)).isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> bad.read(0, 1000, 1, true)).isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> bad.awaitDurable(1)).isInstanceOf(KafkaStorageException.class);
            PartitionLog good = store.log(GOOD).orElseThrow();
            good.append(Batches.of("a"), Origin.CLIENT, 0, true);
            good.awaitDurable(1);
            assertThat(good.highWatermark()).isEqualTo(1);
        }
        try (LogStore store = open()) {
            assertThat(store.log(GOOD).orElseThrow().endOffset()).isEqualTo(1);
            assertThat(store.log(BAD).orElseThrow().append(Batches.of("b"), Origin.CLIENT, 1, true).firstOffset()).isZero();
        }
    }

    /** After a crash, the log is a file of Linux with 4096 bytes that cannot be read. */
    private void makeUnreadable() throws IOException {
        assumeTrue(Files.exists(UNREADABLE) && Files.isWritable(UNREADABLE), "failing reads are not tested: there is no " + UNREADABLE + " to be opened");
        replaceBy(UNREADABLE.toString());
        Files.delete(folder.resolve(".kafka_cleanshutdown"));
    }

    @Test
    void whatADiskDoesNotGiveIsNotTakenForDamageAndCutOff() throws Exception {
        makeUnreadable();
        assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining(folder.resolve(BAD.toString()).toString())
                .hasMessageContaining("cannot be read");
    }

    @Test
    void whatADiskDoesNotGiveTakesItsFolderOfflineAndNoOther() throws Exception {
        makeUnreadable();
        Path other = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-other"));
        try {
            try (LogStore store = LogStore.open(LogDirs.of(folder, other), LogStoreConfig.standard(), Clock.systemUTC())) {
                assertThat(store.troubles()).singleElement().extracting(LogTrouble::name).isEqualTo(folder.toString());
                PartitionLog log = store.create(new TopicPartition("new", 0), Uuid.randomUuid(), LogConfig.defaults(), 0);
                log.append(Batches.of("a"), Origin.CLIENT, 0, true);
                log.awaitDurable(1);
            }
        } finally {
            LogFixture.delete(other);
        }
    }

    @Test
    void recordsAreRefusedBeforeTheDiskIsFullButTheBrokersOwnAreNot() {
        DiskSpace space = new DiskSpace(folder, 64 << 20);
        long disk = 100L << 30;
        assertThat(space.looked(65 << 20, disk)).isFalse();
        assertThat(space.isScarce()).isFalse();
        assertThat(space.looked(63 << 20, disk)).isFalse();
        assertThatThrownBy(space::check).isInstanceOf(KafkaStorageException.class).hasMessageContaining("full").hasMessageContaining(folder.toString());
        assertThat(space.looked(65 << 20, disk)).isTrue();
        space.check();
        // Of a small disk a part: 100 MiB keep five.
        assertThat(space.looked(6 << 20, 100 << 20)).isFalse();
        assertThat(space.isScarce()).isFalse();
    }

    @Test
    void aDiskThatRefusesAWriteIsFullUntilThereIsRoomForWhatItRefusedOrItTakesAsMuch() {
        DiskSpace space = new DiskSpace(folder, 0);
        long usable = folder.toFile().getUsableSpace();
        space.refused(new IOException("Too many open files"), 20_000);
        assertThat(space.scarcity()).isEmpty();
        IOException full = new IOException("No space left on device");
        space.refused(full, 1L << 40);
        assertThat(space.scarcity()).hasValueSatisfying(reason -> assertThat(reason).contains(folder.toString(), "full", full.getMessage()));
        assertThat(space.isScarce()).isTrue();
        // What still fits is taken.
        space.check();
        space.took(1 << 30);
        assertThat(space.looked(usable, 1L << 50)).isFalse();
        assertThat(space.isScarce()).isTrue();
        assertThat(space.looked(usable + (2L << 40), 1L << 50)).isTrue();
        assertThat(space.scarcity()).isEmpty();
        space.refused(full, 20_000);
        assertThat(space.isScarce()).isTrue();
        space.took(20_000);
        assertThat(space.isScarce()).isFalse();
    }

    @Test
    void aMarkerThatIsInTheLogAndCannotBeNotedTakesTheLogOffline() throws Exception {
        try (LogStore store = open()) {
            PartitionLog log = store.log(BAD).orElseThrow();
            log.append(Batches.transactional(7, 0, "a"), Origin.CLIENT, 0, true, log.producers().verify(7, (short) 0, 0, false));
            log.awaitDurable(1);
        }
        try (LogStore store = open()) {
            // It is read when the first marker comes, and this cannot be read.
            Files.createDirectory(folder.resolve(BAD.toString()).resolve("00000000000000000000.txnindex"));
            PartitionLog log = store.log(BAD).orElseThrow();
            assertThatThrownBy(() -> log.append(Batches.marker(7, ControlRecordType.ABORT), Origin.COORDINATOR, 0, true))
                    .isInstanceOf(KafkaStorageException.class);
            assertThatThrownBy(() -> log.append(Batches.of("at the marker's offset"), Origin.CLIENT, 0, true)).isInstanceOf(KafkaStorageException.class);
            assertThat(log.isOnline()).isFalse();
        }
    }

    @Test
    void aFullDiskIsToldFromAFailingOneInEveryLanguage() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "other languages are not tested: there is no /dev/full");
        ProcessBuilder german = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), FullDevice.class.getName()).redirectErrorStream(true);
        // Of a locale that is everywhere; what messages there are in German depends on the machine.
        german.environment().putAll(Map.of("LC_ALL", "C.UTF-8", "LANGUAGE", "de"));
        Process told = german.start();
        String output = new String(told.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(told.waitFor()).as(output).isZero();
        assertThat(output).endsWith("is a shortage: true" + System.lineSeparator());
    }

    /** Writes to a device that has no space, in the language of its process. */
    static final class FullDevice {

        private FullDevice() {
        }

        public static void main(String[] arguments) throws IOException {
            try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
                full.write(ByteBuffer.allocate(1));
                throw new IllegalStateException("/dev/full has space");
            } catch (IOException refused) {
                System.out.println(refused.getMessage() + " is a shortage: " + DiskSpace.isShortage(refused));
            }
        }
    }

    @Test
    void aDiskThatFailsIsNotTakenForAFullOne() {
        assertThat(DiskSpace.isShortage(new IOException("Input/output error"))).isFalse();
        assertThat(DiskSpace.isShortage(new IOException((String) null))).isFalse();
    }
}
