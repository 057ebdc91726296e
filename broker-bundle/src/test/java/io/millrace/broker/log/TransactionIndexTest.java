package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file without a checksum that says which records readers are not to see: what it says is compared with the log. */
class TransactionIndexTest {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final int ENTRY = 34;
    private static final int FIRST_OFFSET = 10;
    private static final int LAST_STABLE_OFFSET = 26;

    @TempDir
    private Path folder;
    private Path written;
    private List<AbortedTransaction> aborted;
    /** Offsets of the batches of each transaction, which the log has whole. */
    private final List<Set<Long>> transactions = new ArrayList<>();

    /** Two producers whose transactions overlap, and others in between; several segments. */
    @BeforeEach
    void write() throws IOException {
        written = folder.resolve("written");
        try (LogStore store = LogFixture.open(written)) {
            PartitionLog log = store.create(PARTITION, new Uuid(3, 4), LogConfig.of(Map.of("segment.bytes", "1500")), 0);
            int[] sequences = new int[2];
            List<Set<Long>> open = List.of(new TreeSet<>(), new TreeSet<>());
            for (int i = 0; i < 60; i++) {
                int producer = i % 2;
                log.append(Batches.of("plain-" + i), PartitionLog.Origin.CLIENT, 0, false);
                int sequence = sequences[producer]++;
                open.get(producer).add(log.endOffset());
                log.append(Batches.transactional(7 + producer, sequence, "value-" + i), PartitionLog.Origin.CLIENT, 0, false,
                        log.producers().verify(7 + producer, (short) 0, sequence, false));
                if (i % 5 == 4) {
                    log.append(Batches.marker(7 + producer, i % 3 == 0 ? ControlRecordType.COMMIT : ControlRecordType.ABORT),
                            PartitionLog.Origin.COORDINATOR, 0, false);
                    transactions.add(Set.copyOf(open.get(producer)));
                    open.get(producer).clear();
                }
            }
            aborted = log.abortedTransactions(0, log.endOffset());
            assertThat(aborted).hasSizeGreaterThan(5);
            assertThat(log.segments()).isGreaterThan(4);
        }
    }

    @Test
    void aFlippedBitIsFoundUnlessItPointsIntoTheSameTransaction() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Path damaged = folder.resolve("flipped");
        LogFixture.copy(written, damaged);
        List<Path> indexes = indexes(damaged);
        for (int flip = 0; flip < 120; flip++) {
            Path file = indexes.get(random.nextInt(indexes.size()));
            byte[] good = Files.readAllBytes(file);
            byte[] bytes = good.clone();
            int bit = random.nextInt(good.length * 8);
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bytes);
            boolean credible = isCredible(good, bytes, bit / 8);
            try (LogStore store = LogFixture.open(damaged)) {
                PartitionLog log = store.log(PARTITION).orElseThrow();
                List<AbortedTransaction> found = log.abortedTransactions(0, log.endOffset());
                if (!credible) {
                    assertThat(found).as("seed %d, %s, bit %d", seed, file.getFileName(), bit).isEqualTo(aborted);
                }
            }
            // Written anew, but for the last stable offset, which nobody sees.
            if (!credible && bit / 8 % ENTRY < LAST_STABLE_OFFSET) {
                assertThat(Files.readAllBytes(file)).as("seed %d, %s, bit %d", seed, file.getFileName(), bit).isEqualTo(good);
            }
            Files.write(file, good);
        }
    }

    /** Whether only another batch of the very same transaction is called its first. */
    private boolean isCredible(byte[] good, byte[] bytes, int at) {
        int entry = at / ENTRY * ENTRY;
        long first = ByteBuffer.wrap(good).getLong(entry + FIRST_OFFSET);
        long instead = ByteBuffer.wrap(bytes).getLong(entry + FIRST_OFFSET);
        return first != instead && transactions.stream().anyMatch(batches -> batches.contains(first) && batches.contains(instead));
    }

    @Test
    void tornAndForeignFilesAreWrittenAnew() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            Path damaged = folder.resolve("torn-" + round);
            LogFixture.copy(written, damaged);
            for (Path file : indexes(damaged)) {
                byte[] bytes = Files.readAllBytes(file);
                switch (random.nextInt(3)) {
                    case 0 -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1 - random.nextInt(ENTRY - 1)));
                    case 1 -> Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(3 * ENTRY)));
                    default -> {
                        random.nextBytes(bytes);
                        Files.write(file, bytes);
                    }
                }
            }
            if (random.nextBoolean()) {
                Files.delete(damaged.resolve(".kafka_cleanshutdown"));
            }
            for (int open = 0; open < 2; open++) {
                try (LogStore store = LogFixture.open(damaged)) {
                    PartitionLog log = store.log(PARTITION).orElseThrow();
                    assertThat(log.abortedTransactions(0, log.endOffset())).as("seed %d round %d open %d", seed, round, open).isEqualTo(aborted);
                }
            }
        }
    }

    @Test
    void whatIsAbortedAfterwardsStandsBehindWhatWasWrittenAnew() throws Exception {
        Path damaged = folder.resolve("more");
        LogFixture.copy(written, damaged);
        for (Path file : indexes(damaged)) {
            Files.write(file, new byte[5]);
        }
        List<AbortedTransaction> more;
        try (LogStore store = LogFixture.open(damaged)) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            long first = log.endOffset();
            log.append(Batches.transactional(11, 0, "more"), PartitionLog.Origin.CLIENT, 0, false, log.producers().verify(11, (short) 0, 0, false));
            log.append(Batches.marker(11, ControlRecordType.ABORT), PartitionLog.Origin.COORDINATOR, 0, false);
            more = log.abortedTransactions(0, log.endOffset());
            assertThat(more).startsWith(aborted.toArray(AbortedTransaction[]::new)).hasSize(aborted.size() + 1);
            assertThat(more.getLast()).isEqualTo(new AbortedTransaction().setProducerId(11).setFirstOffset(first));
        }
        try (LogStore store = LogFixture.open(damaged)) {
            PartitionLog log = store.log(PARTITION).orElseThrow();
            assertThat(log.abortedTransactions(0, log.endOffset())).isEqualTo(more);
        }
    }

    private static List<Path> indexes(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve(PARTITION.toString()))) {
            return files.filter(file -> file.toString().endsWith(".txnindex")).sorted().toList();
        }
    }
}
