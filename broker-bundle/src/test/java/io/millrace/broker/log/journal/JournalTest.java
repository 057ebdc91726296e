package io.millrace.broker.log.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.journal.Journal.Room;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class JournalTest {

    /** Bytes of one stretch: a quarter of a round of the smallest journal. */
    private static final int BYTES = 16 * 1024;

    @TempDir
    private Path folder;
    private Journal journal;
    private final SomeLog log = new SomeLog(3);

    /** A log whose bytes tell their offset. */
    private static final class SomeLog implements Journaled {

        private final Uuid topicId = Uuid.randomUuid();
        private final int partition;
        private volatile long end;
        private volatile long synced;
        private volatile boolean offline;

        SomeLog(int partition) {
            this.partition = partition;
        }

        @Override
        public Uuid topicId() {
            return topicId;
        }

        @Override
        public int partition() {
            return partition;
        }

        @Override
        public boolean isSynced(long offset) {
            return synced >= offset;
        }

        @Override
        public void sync() {
            synced = offline ? synced : end;
        }

        Room addTo(Journal journal) throws IOException {
            long at = end;
            Room room = journal.add(this, at, at + 1, BYTES, space -> {
                for (int i = 0; i < BYTES; i += Long.BYTES) {
                    space.putLong(at);
                }
                space.flip();
            });
            end = room == Room.TAKEN ? at + 1 : at;
            return room;
        }
    }

    @BeforeEach
    void begin() throws IOException {
        journal = new Journal(folder, Journal.LEAST_BYTES);
    }

    private void awaitReady() {
        while (!journal.isReady(1)) {
            LockSupport.parkNanos(100_000);
        }
    }

    /** Writes a round with one stretch. */
    private void write(SomeLog which) throws IOException {
        awaitReady();
        assertThat(which.addTo(journal)).isEqualTo(Room.TAKEN);
        journal.write();
    }

    /** A file of the journal goes when a larger one takes its place, perhaps while it is read. */
    private List<Long> offsets(SomeLog which) throws IOException {
        while (true) {
            try {
                return found(which);
            } catch (NoSuchFileException gone) {
                Thread.onSpinWait();
            }
        }
    }

    private List<Long> found(SomeLog which) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (JournalContent.Stretch stretch : JournalContent.read(folder).of(which.topicId, which.partition)) {
            ByteBuffer bytes = stretch.read();
            assertThat(bytes.remaining()).isEqualTo(BYTES);
            assertThat(stretch.endOffset()).isEqualTo(stretch.baseOffset() + 1);
            while (bytes.hasRemaining()) {
                assertThat(bytes.getLong()).isEqualTo(stretch.baseOffset());
            }
            offsets.add(stretch.baseOffset());
        }
        return offsets;
    }

    private Path file() throws IOException {
        List<Path> files = JournalContent.files(folder);
        assertThat(files).hasSize(1);
        return files.getFirst();
    }

    @Test
    void whatWasWrittenIsFoundByLogAndInOrder() throws IOException {
        SomeLog other = new SomeLog(3);
        awaitReady();
        log.addTo(journal);
        other.addTo(journal);
        log.addTo(journal);
        journal.write();
        write(log);
        assertThat(offsets(log)).containsExactly(0L, 1L, 2L);
        assertThat(offsets(other)).containsExactly(0L);
        assertThat(offsets(new SomeLog(3))).isEmpty();
    }

    @Test
    void aRoundThatIsFullTakesNoMore() throws IOException {
        awaitReady();
        while (log.addTo(journal) == Room.TAKEN) {
            assertThat(log.end).isLessThan(4);
        }
        journal.write();
        assertThat(log.end).isEqualTo(3);
        write(log);
        assertThat(offsets(log)).containsExactly(0L, 1L, 2L, 3L);
    }

    @Test
    void aFileIsWrittenAgainOnlyWhenItsLogsAreSynced() throws IOException {
        for (int i = 0; i < 1000; i++) {
            write(log);
            List<Long> found = offsets(log);
            long synced = log.synced;
            for (long offset = synced; offset < log.end; offset++) {
                assertThat(found).as("synced up to %d", synced).contains(offset);
            }
        }
        assertThat(log.synced).isPositive();
        assertThat(JournalContent.files(folder)).hasSizeLessThanOrEqualTo(3);
    }

    @Test
    void whenManyLogsComeALargerFileTakesThePlaceOfASmallOneThatIsNotFull() throws IOException {
        write(log);
        long small = Files.size(file());
        while (log.synced == 0) {
            assertThat(journal.isReady(100)).isTrue();
            LockSupport.parkNanos(100_000);
        }
        write(log);
        assertThat(offsets(log)).contains(1L);
        assertThat(JournalContent.files(folder)).anySatisfy(file -> assertThat(file).hasSize(2 * small));
    }

    @Test
    void whatALogThatWentOfflineNeedsIsKept() throws IOException {
        SomeLog lost = new SomeLog(9);
        lost.offline = true;
        write(lost);
        for (int i = 0; i < 200; i++) {
            write(log);
        }
        assertThat(offsets(lost)).containsExactly(0L);
        log.sync();
        journal.close();
        assertThat(offsets(lost)).containsExactly(0L);
    }

    @Test
    void anOrderlyEndLeavesNothing() throws IOException {
        for (int i = 0; i < 40; i++) {
            write(log);
        }
        log.sync();
        journal.close();
        assertThat(JournalContent.files(folder)).isEmpty();
    }

    @Test
    void whatIsNeededSurvivesTheEnd() throws IOException {
        write(log);
        journal.close();
        assertThat(offsets(log)).containsExactly(0L);
        journal = new Journal(folder, Journal.LEAST_BYTES);
        SomeLog other = new SomeLog(1);
        write(other);
        assertThat(offsets(log)).containsExactly(0L);
        assertThat(offsets(other)).containsExactly(0L);
        JournalContent.read(folder).delete();
        assertThat(JournalContent.files(folder)).isEmpty();
    }

    @Test
    void whatIsWrittenWhenTheClockWasPutBackIsNewerNevertheless() throws IOException {
        write(log);
        journal.close();
        journal = new Journal(folder, Journal.LEAST_BYTES, 0);
        write(log);
        assertThat(offsets(log)).containsExactly(0L, 1L);
    }

    @Test
    void aWriteThatPowerLossCutOffIsNotThere() throws IOException {
        write(log);
        write(log);
        int round = JournalRound.HEADER + JournalRound.STRETCH + BYTES;
        int padded = (round + JournalRound.BLOCK - 1) / JournalRound.BLOCK * JournalRound.BLOCK;
        damage(padded + round - 1);
        assertThat(offsets(log)).containsExactly(0L);
    }

    @Test
    void aDamagedRoundDoesNotHideThoseBehindIt() throws IOException {
        for (int i = 0; i < 5; i++) {
            write(log);
        }
        int round = JournalRound.HEADER + JournalRound.STRETCH + BYTES;
        int padded = (round + JournalRound.BLOCK - 1) / JournalRound.BLOCK * JournalRound.BLOCK;
        damage(2 * padded + 8);
        damage(3 * padded + 1);
        assertThat(offsets(log)).containsExactly(0L, 1L, 4L);
    }

    @Test
    void aFileOfSomethingElseIsNotTakenForAJournal() throws IOException {
        Files.writeString(folder.resolve("journal-7"), "x".repeat(10_000));
        Files.writeString(folder.resolve("journal-8"), "x");
        Files.writeString(folder.resolve("journal-of-mine"), "x");
        assertThat(offsets(log)).isEmpty();
        try (Journal next = new Journal(folder, Journal.LEAST_BYTES)) {
            journal = next;
            write(log);
            assertThat(Files.size(folder.resolve("journal-9"))).isPositive();
        }
    }

    private void damage(long position) throws IOException {
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, position);
            channel.write(one.put(0, (byte) ~one.get(0)).rewind(), position);
            channel.force(true);
        }
    }
}
