package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log on a device that fails: one that has no space, and one that cannot be synced. */
@Timeout(30)
class FailingDiskTest {

    private static final TopicPartition BAD = new TopicPartition("bad", 0);
    private static final TopicPartition GOOD = new TopicPartition("good", 0);

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
}
