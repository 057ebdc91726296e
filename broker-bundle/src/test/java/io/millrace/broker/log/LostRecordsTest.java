package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.journal.Journal;
import io.millrace.broker.log.journal.Journaled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a start does with a journal whose batches are not all in order: its node serves what there is. */
@Timeout(60)
class LostRecordsTest {

    @TempDir
    private Path folder;

    /** The log of the fixture, as a journal knows it; its own file never has anything. */
    private static final class Unsynced implements Journaled {

        @Override
        public Uuid topicId() {
            return LogFixture.ID;
        }

        @Override
        public int partition() {
            return LogFixture.PARTITION.partition();
        }

        @Override
        public boolean isSynced(long offset) {
            return false;
        }

        @Override
        public void sync() {
            // It is what the power took.
        }
    }

    private void write(String... values) {
        try (LogStore store = LogFixture.open(folder)) {
            PartitionLog log = store.create(LogFixture.PARTITION, LogFixture.ID, LogFixture.config(), 0);
            for (String value : values) {
                append(log, value);
            }
        }
    }

    private static void append(PartitionLog log, String value) {
        log.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(value.getBytes())), Origin.CLIENT, 0, false);
    }

    private static ByteBuffer batch(long offset) {
        return MemoryRecords.withRecords(offset, Compression.NONE, 0, new SimpleRecord(Long.toString(offset).getBytes())).buffer();
    }

    private static ByteBuffer damaged(long offset) {
        ByteBuffer batch = batch(offset);
        int value = batch.limit() - 2;
        return batch.put(value, (byte) ~batch.get(value));
    }

    /** Leaves a journal with these, each a stretch of one record, from offset 1 on. */
    private void journal(ByteBuffer... batches) throws IOException {
        Unsynced log = new Unsynced();
        try (Journal journal = new Journal(folder, Journal.LEAST_BYTES)) {
            while (!journal.isReady(1)) {
                LockSupport.parkNanos(100_000);
            }
            long offset = 1;
            for (ByteBuffer batch : batches) {
                journal.add(log, offset, offset + 1, batch.remaining(), space -> space.put(batch).flip());
                offset++;
            }
            journal.write();
        }
    }

    @Test
    void whatIsInTheJournalOnlyIsInTheLogAgain() throws Exception {
        write("0");
        journal(batch(1), batch(2));
        try (LogStore store = LogFixture.open(folder)) {
            assertThat(LogFixture.values(store.log(LogFixture.PARTITION).orElseThrow())).hasToString("{0=0, 1=1, 2=2}");
        }
    }

    /** The next segment was written back by the system, the end of this one was not: both were in the page cache, and this one's in the journal. */
    @Test
    void theEndOfASegmentIsPutBackBeforeTheNextSegment() throws Exception {
        String big = "x".repeat(800);
        write("0", "1", big, "3");
        Path partition = LogFixture.logFolder(folder);
        assertThat(partition.resolve("00000000000000000002.log")).exists();
        Files.delete(folder.resolve(".kafka_cleanshutdown"));
        new OffsetCheckpoint(folder.resolve("recovery-point-offset-checkpoint")).write(Map.of(LogFixture.PARTITION, 1L));
        try (FileChannel first = FileChannel.open(partition.resolve("00000000000000000000.log"), StandardOpenOption.WRITE)) {
            first.truncate(first.size() - batch(1).remaining());
        }
        journal(batch(1));

        try (LogStore store = LogFixture.open(folder)) {
            PartitionLog log = store.log(LogFixture.PARTITION).orElseThrow();
            assertThat(LogFixture.values(log)).hasToString("{0=0, 1=1, 2=" + big + ", 3=3}");
            append(log, "4");
        }
        try (LogStore store = LogFixture.open(folder)) {
            assertThat(LogFixture.values(store.log(LogFixture.PARTITION).orElseThrow())).hasToString("{0=0, 1=1, 2=" + big + ", 3=3, 4=4}");
        }
    }

    @Test
    void aDamagedBatchIsMissedAndThoseBehindItAreNot() throws Exception {
        write("0");
        journal(batch(1), damaged(2), batch(3));
        try (LogStore store = LogFixture.open(folder)) {
            PartitionLog log = store.log(LogFixture.PARTITION).orElseThrow();
            assertThat(LogFixture.values(log)).hasToString("{0=0, 1=1, 3=3}");
            append(log, "4");
            assertThat(log.endOffset()).isEqualTo(5);
        }
        try (LogStore store = LogFixture.open(folder)) {
            assertThat(LogFixture.values(store.log(LogFixture.PARTITION).orElseThrow())).hasToString("{0=0, 1=1, 3=3, 4=4}");
        }
    }
}
