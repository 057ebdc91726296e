package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logs in two folders that are written to and moved at random, and a power failure at random: of what was not synced in a log's own files anything may be on the disk, while the
 * journal has what it said it has. Whatever was acknowledged as durable is there afterwards, with its producers' state, and nothing else is made up.
 */
@Timeout(120)
class PowerLossSimulationTest {

    private static final int LOGS = 3;
    private static final Duration NEVER = Duration.ofDays(1);
    private static final long SMALL_JOURNAL = 1024 * 1024;

    @TempDir
    private Path folder;
    private Random random;
    private LogStore store;
    private List<Path> folders;
    private final List<Uuid> ids = new ArrayList<>();
    private final int[] sequences = new int[LOGS];
    private final boolean[] inTransaction = new boolean[LOGS];
    private int written;

    static long[] seeds() {
        long given = Long.getLong("seed", -1);
        long first = given >= 0 ? given : System.nanoTime();
        return given >= 0 ? new long[] {given} : LongStream.range(first, first + Integer.getInteger("seeds", 6)).toArray();
    }

    @ParameterizedTest(name = "-Dseed={0}")
    @MethodSource("seeds")
    void acknowledgedRecordsSurvive(long seed) throws Exception {
        random = new Random(seed);
        Path now = Files.createDirectory(folder.resolve("0"));
        open(now);
        for (int i = 0; i < LOGS; i++) {
            ids.add(Uuid.randomUuid());
            store.create(partition(i), ids.get(i), config(), 0);
        }
        awaitJournal();
        boolean journaledOnly = false;
        for (int failures = 1; failures <= 6; failures++) {
            for (int steps = random.nextInt(5, 120); steps > 0; steps--) {
                step();
            }
            List<Long> durable = new ArrayList<>();
            List<TreeMap<Long, String>> before = new ArrayList<>();
            Path copy = folder.resolve(Integer.toString(failures));
            for (int i = 0; i < LOGS; i++) {
                durable.add(log(i).flush().durableOffset());
                before.add(LogFixture.values(log(i)));
            }
            LogFixture.copy(now, copy);
            for (int i = 0; i < LOGS; i++) {
                journaledOnly |= loseUnsynced(copy.resolve(now.relativize(log(i).folder())), log(i));
            }
            store.close();
            open(copy);
            now = copy;
            for (int i = 0; i < LOGS; i++) {
                SegmentedLog log = log(i);
                assertThat(log.endOffset()).as("-Dseed=%d: end of %d", seed, i).isGreaterThanOrEqualTo(durable.get(i));
                TreeMap<Long, String> after = LogFixture.values(log);
                assertThat(digests(after.headMap(durable.get(i)))).as("-Dseed=%d, failure %d: acknowledged records of %d from %d", seed, failures, i, log.startOffset())
                        .isEqualTo(digests(before.get(i).headMap(durable.get(i))));
                // Of what nobody was told of, the end of a segment may be lost, and the next one not.
                assertThat(digests(before.get(i))).as("-Dseed=%d, failure %d: records of %d", seed, failures, i).containsAll(digests(after));
                goOn(i, seed);
            }
        }
        assertThat(journaledOnly).as("-Dseed=%d: something was in the journal only", seed).isTrue();
        store.close();
        for (Path each : folders) {
            assertThat(each).isDirectoryNotContaining("glob:**journal-*");
        }
    }

    private static List<String> digests(Map<Long, String> values) {
        return values.entrySet().stream().map(value -> value.getKey() + ":" + value.getValue().hashCode()).toList();
    }

    private void open(Path where) {
        folders = List.of(where.resolve("one"), where.resolve("two"));
        store = LogStore.open(LogDirs.of(folders.get(0), folders.get(1)), new LogStoreConfig(Map.of(), NEVER, NEVER, NEVER, 0, SMALL_JOURNAL), Clock.systemUTC());
    }

    private static LogConfig config() {
        return LogConfig.of(Map.of("segment.bytes", "150000", "index.interval.bytes", "2000"));
    }

    private static TopicPartition partition(int number) {
        return new TopicPartition("orders", number);
    }

    private SegmentedLog log(int number) {
        return (SegmentedLog) store.log(partition(number)).orElseThrow();
    }

    /** The first file is made in the background. */
    private void awaitJournal() throws Exception {
        while (log(0).flush().durableOffset() == log(0).checkpoint().recoveryPoint() || !isJournaled(log(0))) {
            append(0, true);
        }
    }

    private static boolean isJournaled(SegmentedLog log) {
        return log.flush().syncedOffset() < log.flush().durableOffset();
    }

    private void step() throws Exception {
        int number = random.nextInt(LOGS);
        switch (random.nextInt(20)) {
            case 0 -> log(number).flush().run();
            case 1 -> log(number).checkpoint().write();
            case 4 -> log(number).dir().checkpoint().run(random.nextInt(2));
            case 2 -> log(number).deleteBefore(random.nextLong(log(number).startOffset(), log(number).highWatermark() + 1));
            case 3 -> {
                if (random.nextInt(5) == 0) {
                    move(number);
                }
            }
            default -> append(number, random.nextInt(3) > 0);
        }
    }

    /** To the other folder, while records come. */
    private void move(int number) throws Exception {
        Path from = log(number).folder();
        Path to = folders.get(from.startsWith(folders.get(0)) ? 1 : 0);
        store.move(partition(number), to);
        while (!log(number).folder().startsWith(to) || Files.exists(from)) {
            append(number, true);
        }
    }

    private void append(int number, boolean durable) throws Exception {
        SegmentedLog log = log(number);
        String value = (written++ + " ").repeat(random.nextInt(1, random.nextInt(8) == 0 ? 8000 : 200));
        long end;
        switch (random.nextInt(4)) {
            case 0 -> end = log.append(LogFixture.plain(Compression.NONE, value, value + "'"), Origin.CLIENT, 0, durable).lastOffset() + 1;
            case 1 -> {
                int sequence = sequences[number]++;
                end = log.append(LogFixture.transactional(9, sequence, value), Origin.CLIENT, 0, durable, log.producers().verify(9, (short) 0, sequence, false)).lastOffset()
                        + 1;
                inTransaction[number] = true;
            }
            case 2 -> {
                if (!inTransaction[number]) {
                    return;
                }
                ControlRecordType type = random.nextBoolean() ? ControlRecordType.ABORT : ControlRecordType.COMMIT;
                end = log.append(LogFixture.marker(9, type), Origin.COORDINATOR, 0, durable).lastOffset() + 1;
                inTransaction[number] = false;
            }
            default -> end = log.append(LogFixture.plain(Compression.lz4().build(), value), Origin.CLIENT, 0, durable).lastOffset() + 1;
        }
        if (durable && random.nextBoolean()) {
            if (random.nextBoolean()) {
                log.commit();
            }
            log.awaitDurable(end);
        }
    }

    /** What the log knows of its producer is what its records say. */
    private void goOn(int number, long seed) {
        SegmentedLog log = log(number);
        long open = log.producers().active().stream().filter(producer -> producer.producerId() == 9).mapToLong(PartitionProducers.ActiveProducer::currentTransactionStart)
                .findFirst().orElse(-1);
        int last = log.producers().active().stream().filter(producer -> producer.producerId() == 9).mapToInt(PartitionProducers.ActiveProducer::lastSequence).findFirst()
                .orElse(-1);
        int expected = -1;
        long begun = -1;
        long offset = log.startOffset();
        while (offset < log.endOffset()) {
            for (RecordBatch batch : log.read(offset, 1 << 20, log.endOffset(), true).batches()) {
                offset = batch.nextOffset();
                if (batch.producerId() == 9 && batch.isControlBatch()) {
                    begun = -1;
                } else if (batch.producerId() == 9) {
                    expected = batch.lastSequence();
                    begun = begun < 0 ? batch.baseOffset() : begun;
                }
            }
        }
        if (expected >= 0) {
            assertThat(last).as("-Dseed=%d: sequence in %d", seed, number).isEqualTo(expected);
        }
        if (begun >= 0) {
            // Its first records may have been deleted by request.
            assertThat(open).as("-Dseed=%d: open transaction in %d", seed, number).isBetween(0L, begun);
        }
        sequences[number] = last + 1;
        inTransaction[number] = open >= 0;
    }

    /** Cuts or spoils what was not synced. @return whether something acknowledged was among it */
    private boolean loseUnsynced(Path logFolder, SegmentedLog log) throws IOException {
        long synced = log.flush().syncedOffset();
        boolean lost = false;
        List<Path> segments;
        try (var files = Files.list(logFolder)) {
            segments = files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
        for (Path segment : segments) {
            int from = -1;
            try (FileRecords records = FileRecords.open(segment.toFile(), false)) {
                for (var batch : records.batches()) {
                    if (batch.baseOffset() >= synced) {
                        from = from < 0 ? batch.position() : from;
                        lost |= batch.lastOffset() < log.flush().durableOffset();
                    }
                }
            }
            int size = (int) Files.size(segment);
            if (from < 0 || random.nextInt(6) == 0) {
                continue;
            }
            try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
                int at = random.nextInt(from, size);
                switch (random.nextInt(3)) {
                    case 0 -> channel.truncate(at);
                    case 1 -> channel.write(ByteBuffer.allocate(random.nextInt(1, size - at + 1)), at);
                    default -> channel.truncate(from);
                }
            }
        }
        return lost;
    }
}
