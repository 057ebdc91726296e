package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.broker.log.AbortedTransactions.Entry;
import io.millrace.broker.log.CompactedStore.HandClock;
import io.millrace.broker.log.PartitionLog.Committed;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one read tells of committed records while the segments that it reads from are replaced or removed. */
@Timeout(60)
class CommittedReadTest {

    private static final long ABORTED = 7;
    private static final long PATIENT = 8;

    @TempDir
    private Path folder;
    private final HandClock clock = new HandClock();

    /** What happens after a read took records of the log, at the moment when it looks for the first transactions that were aborted. */
    private void whenTransactionsAreLookedUp(PartitionLog log, Action meanwhile) {
        ((SegmentedLog) log).files().segments().first().aborted().suspect(new AbortedTransactions.Witness() {
            private boolean asked;

            @Override
            public boolean confirms(List<Entry> entries) {
                if (!asked) {
                    asked = true;
                    try {
                        meanwhile.run();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }
                return true;
            }

            @Override
            public List<Entry> replay() {
                throw new AssertionError("nothing is damaged");
            }
        });
    }

    private interface Action {
        void run() throws Exception;
    }

    @Test
    void twoCleaningsBetweenTheRecordsAndTheirTransactionsShowNothingThatWasAborted() throws Exception {
        try (CompactedStore node = new CompactedStore(folder, clock)) {
            PartitionLog log = node.table("delete.retention.ms", "0");
            node.put(log, "key", "committed");
            node.put(log, ABORTED, 0, "key", "aborted");
            node.fill(log);
            node.end(log, ABORTED, ControlRecordType.ABORT);
            // The same producer goes on: who is told of a transaction and never meets its marker would not see this.
            node.put(log, ABORTED, 1, "other", "later");
            node.end(log, ABORTED, ControlRecordType.COMMIT);
            node.fill(log);
            ((SegmentedLog) log).flush().run();
            assertThat(log.segments()).isGreaterThanOrEqualTo(3);
            whenTransactionsAreLookedUp(log, () -> {
                for (int i = 0; i < 3; i++) {
                    node.clean();
                    clock.step(1_000);
                    node.fill(log);
                }
                assertThat(log.abortedTransactions(0, log.endOffset())).as("left after these cleanings").isEmpty();
            });
            assertThat(shown(log, 0)).contains("committed").doesNotContain("aborted");
            assertThat(shown(log, 0)).contains("later");
        }
    }

    @Test
    void retentionBetweenTheRecordsAndTheirTransactionsShowsNothingThatWasAborted() throws Exception {
        try (LogStore store = LogStore.open(folder, LogStoreConfig.standard(), clock)) {
            PartitionLog log = store.create(LogFixture.PARTITION, LogFixture.ID, LogConfig.of(Map.of("segment.bytes", "300", "retention.ms", "1000")), 0);
            append(log, PATIENT, 0, "open for long");
            append(log, ABORTED, 0, "aborted");
            while (log.segments() < 2) {
                log.append(Batches.at(clock.millis(), "filler"), Origin.CLIENT, 0, false);
            }
            log.append(Batches.marker(ABORTED, ControlRecordType.ABORT), Origin.COORDINATOR, 0, false);
            log.append(Batches.marker(PATIENT, ControlRecordType.COMMIT), Origin.COORDINATOR, 0, false);
            while (log.segments() < 4) {
                log.append(Batches.at(clock.millis(), "filler"), Origin.CLIENT, 0, false);
            }
            ((SegmentedLog) log).flush().run();
            assertThat(shown(log, 0)).contains("open for long").doesNotContain("aborted");
            whenTransactionsAreLookedUp(log, () -> {
                clock.step(3_600_000);
                store.applyRetention();
                assertThat(log.startOffset()).isPositive();
            });
            try {
                assertThat(shown(log, 0)).doesNotContain("aborted");
            } catch (OffsetOutOfRangeException gone) {
                assertThat(gone).hasMessageContaining("offset 0");
            }
        }
    }

    private void append(PartitionLog log, long producer, int sequence, String value) {
        log.append(Batches.transactional(producer, sequence, value), Origin.CLIENT, 0, false, Verification.NOT_REQUIRED);
    }

    /** What a client makes of one read, which knows the transactions that it is told of and the markers that it meets. */
    private static List<String> shown(PartitionLog log, long offset) {
        Committed read = log.readCommitted(offset, 1 << 20, log.lastStableOffset(), true);
        List<AbortedTransaction> aborted = new ArrayList<>(read.aborted());
        List<Long> passedOver = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (RecordBatch batch : read.records().batches()) {
            while (!aborted.isEmpty() && aborted.getFirst().firstOffset() <= batch.lastOffset()) {
                passedOver.add(aborted.removeFirst().producerId());
            }
            if (batch.isControlBatch()) {
                passedOver.remove(batch.producerId());
            } else if (!passedOver.contains(batch.producerId())) {
                for (Record record : batch) {
                    values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
                }
            }
        }
        return values;
    }

    @Test
    void nobodyWaitsForADiskThatTakesAnIndexOfAbortedTransactions() throws Exception {
        Path index = folder.resolve("00000000000000000000.txnindex");
        AbortedTransactions transactions = new AbortedTransactions(index);
        transactions.clear();
        Entry first = new Entry(ABORTED, 0, 2, 0);
        Entry second = new Entry(ABORTED, 3, 5, 3);
        transactions.add(first);
        // Like a file on a disk that hangs: it cannot be opened for writing until somebody reads it.
        assumeTrue(makePipe(index), "a disk that hangs is not tested: there is no mkfifo");
        CompletableFuture<Throwable> flushed = new CompletableFuture<>();
        Thread flusher = Thread.ofPlatform().daemon().start(() -> {
            try {
                transactions.flush();
                flushed.complete(null);
            } catch (IOException e) {
                flushed.complete(e);
            }
        });
        while (!isInside(flusher)) {
            Thread.onSpinWait();
        }
        CompletableFuture<List<Entry>> seen = CompletableFuture.supplyAsync(() -> {
            transactions.add(second);
            List<Entry> found = new ArrayList<>();
            transactions.collect(0, 10, found);
            return found;
        });
        try {
            assertThat(seen.get(10, TimeUnit.SECONDS)).containsExactly(first, second);
            assertThat(flushed).isNotDone();
        } finally {
            Files.newInputStream(index).close();
        }
        assertThat(flushed.get(10, TimeUnit.SECONDS)).as("a pipe cannot be made durable").isInstanceOf(IOException.class);
        Files.delete(index);
        transactions.flush();
        assertThat(new AbortedTransactionsOf(index).all()).containsExactly(first, second);
    }

    private record AbortedTransactionsOf(Path index) {
        List<Entry> all() {
            List<Entry> found = new ArrayList<>();
            new AbortedTransactions(index).collect(0, Long.MAX_VALUE, found);
            return found;
        }
    }

    private static boolean isInside(Thread flusher) {
        return Stream.of(flusher.getStackTrace()).anyMatch(frame -> frame.getMethodName().equals("open") && frame.getClassName().endsWith("FileChannel"));
    }

    private static boolean makePipe(Path path) throws InterruptedException {
        try {
            return new ProcessBuilder("mkfifo", path.toString()).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
