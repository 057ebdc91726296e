package io.millrace.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {

    private static final Uuid ORDERS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAQ");
    private static final Uuid CUSTOMERS = Uuid.fromString("AAAAAAAAAAAAAAAAAAAAAg");
    private static final List<MetadataRecord> HISTORY = List.of(
            new MetadataRecord.LeaderStarted(1),
            new MetadataRecord.TopicCreated(ORDERS, "orders", 3, 1, Map.of("retention.ms", "5")),
            new MetadataRecord.TopicCreated(CUSTOMERS, "customers", 1, 1, Map.of()),
            new MetadataRecord.PartitionsAdded(ORDERS, 4),
            new MetadataRecord.TopicConfigured(ORDERS, Map.of("cleanup.policy", "compact")),
            new MetadataRecord.LeaderStarted(1),
            new MetadataRecord.QuotasSet(Map.of("user", "ann", "client-id", "app"), Map.of("producer_byte_rate", 1e6, "request_percentage", 12.5)),
            new MetadataRecord.QuotasSet(Collections.singletonMap("user", null), Map.of("consumer_byte_rate", 2e6)),
            new MetadataRecord.QuotasSet(Map.of("user", "ann", "client-id", "app"), Map.of("producer_byte_rate", 3e6)),
            new MetadataRecord.TopicDeleted(CUSTOMERS));

    /** What this process has open, on Linux. */
    private static final Path OPEN = Path.of("/proc/self/fd");

    @TempDir
    Path folder;
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("metadata.journal");
        try (FileJournal journal = FileJournal.open(file)) {
            assertThat(journal.replay()).isEmpty();
            for (MetadataRecord record : HISTORY) {
                journal.append(List.of(record));
            }
        }
    }

    private List<MetadataRecord> replayed() throws IOException {
        try (FileJournal journal = FileJournal.open(file)) {
            return journal.replay();
        }
    }

    private static ClusterImage image(List<MetadataRecord> records) {
        ClusterImage image = ClusterImage.EMPTY;
        for (MetadataRecord record : records) {
            image = image.with(record);
        }
        return image;
    }

    @Test
    void whatWasAppendedIsReplayedInOrder() throws IOException {
        assertThat(replayed()).isEqualTo(HISTORY);
    }

    @Test
    void aTornEndOfAnyLengthIsCutOffAndWritingGoesOn() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        int beforeLast = length(HISTORY.subList(0, HISTORY.size() - 1));
        for (int cut = beforeLast + 1; cut < whole.length; cut++) {
            Files.write(file, Arrays.copyOf(whole, cut));
            MetadataRecord next = new MetadataRecord.LeaderStarted(cut);
            try (FileJournal journal = FileJournal.open(file)) {
                assertThat(journal.replay()).isEqualTo(HISTORY.subList(0, HISTORY.size() - 1));
                journal.append(List.of(next));
            }
            assertThat(replayed()).hasSize(HISTORY.size()).endsWith(next);
        }
    }

    /** Where power fails, some file systems have made a file longer before they wrote to it. */
    @Test
    void zerosAtTheEndAreCutOff() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        for (int zeros : new int[] {1, 8, 9, 4096}) {
            Files.write(file, Arrays.copyOf(whole, whole.length + zeros));
            assertThat(replayed()).as("%d zeros", zeros).isEqualTo(HISTORY);
            assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        }
    }

    private int length(List<MetadataRecord> records) throws IOException {
        Path other = folder.resolve("other");
        try (FileJournal journal = FileJournal.open(other)) {
            journal.replay();
            journal.append(records);
        }
        int length = (int) Files.size(other);
        Files.delete(other);
        return length;
    }

    @Test
    void damageBeforeTheEndIsNotRepairedByGuessing() throws IOException {
        byte[] whole = Files.readAllBytes(file);
        int beforeLast = length(HISTORY.subList(0, HISTORY.size() - 1));
        for (int bit = 0; bit < beforeLast * 8; bit++) {
            byte[] bytes = whole.clone();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);
            assertThatThrownBy(this::replayed).as("bit %d", bit).isInstanceOf(IllegalStateException.class).hasMessageContaining(file.toString())
                    .hasMessageContaining("damaged");
            assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        }
    }

    @Test
    void aCompleteLastRecordWithAWrongCrcIsKeptBesideBeforeItIsCutOff() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);
        assertThat(replayed()).isEqualTo(HISTORY.subList(0, HISTORY.size() - 1));
        assertThat(Files.readAllBytes(folder.resolve("metadata.journal.damaged"))).isEqualTo(bytes);
    }

    @Test
    void aLongHistoryIsReplacedByItsImage() throws IOException {
        ClusterImage image = image(HISTORY);
        String filler = "x".repeat(8000);
        try (FileJournal journal = FileJournal.open(file)) {
            journal.replay();
            for (int i = 0; i < 200; i++) {
                MetadataRecord record = new MetadataRecord.TopicConfigured(ORDERS, Map.of("cleanup.policy", filler + i));
                journal.append(List.of(record));
                image = image.with(record);
                journal.compact(image);
            }
            journal.append(List.of(new MetadataRecord.PartitionsAdded(ORDERS, 9)));
        }
        assertThat(Files.size(file)).isLessThan(1024 * 1024);
        ClusterImage after = image(replayed());
        TopicImage orders = after.topic("orders").orElseThrow();
        assertThat(orders.partitions()).isEqualTo(9);
        assertThat(orders.config()).containsEntry("cleanup.policy", filler + 199);
        assertThat(after.leaderEpoch(orders)).isEqualTo(1);
        assertThat(after.topics()).hasSize(1);
    }

    @Test
    void anImageComesBackFromItsRecords() {
        ClusterImage image = image(HISTORY);
        ClusterImage again = image(image.toRecords());
        assertThat(again.topics()).containsExactlyElementsOf(image.topics());
        assertThat(again.starts()).isEqualTo(image.starts());
    }

    @Test
    void aJournalThatCannotBeCompactedKeepsNoFilesOpenAndGoesOn() throws IOException {
        Path next = folder.resolve("metadata.journal.next");
        assumeTrue(Files.exists(Path.of("/dev/full")) && Files.exists(OPEN), "a full disk is not tested: there is no /dev/full, or no " + OPEN);
        Files.createSymbolicLink(next, Path.of("/dev/full"));
        try (FileJournal journal = FileJournal.open(file)) {
            ClusterImage image = image(journal.replay());
            MetadataRecord large = new MetadataRecord.TopicConfigured(ORDERS, Map.of("cleanup.policy", "x".repeat(60_000)));
            for (int i = 0; i < 20; i++) {
                journal.append(List.of(large));
                journal.compact(image);
            }
            try (Stream<Path> open = Files.list(OPEN)) {
                assertThat(open.filter(FileJournalTest::isFull)).isEmpty();
            }
            journal.append(List.of(HISTORY.getFirst()));
        }
        assertThat(replayed()).hasSize(HISTORY.size() + 21);
    }

    @Test
    void aValueThatIsTooLongIsRefusedAsThatAndNotAsAFullDisk() throws IOException {
        try (FileJournal journal = FileJournal.open(file)) {
            journal.replay();
            MetadataRecord tooLong = new MetadataRecord.TopicConfigured(ORDERS, Map.of("cleanup.policy", "x".repeat(70_000)));
            assertThatThrownBy(() -> journal.append(List.of(tooLong))).isInstanceOf(InvalidRequestException.class).hasMessageContaining("65535");
            journal.append(List.of(HISTORY.getFirst()));
        }
        assertThat(replayed()).hasSize(HISTORY.size() + 1);
    }

    private static boolean isFull(Path open) {
        try {
            return Files.readSymbolicLink(open).equals(Path.of("/dev/full"));
        } catch (IOException closed) {
            return false;
        }
    }
}
