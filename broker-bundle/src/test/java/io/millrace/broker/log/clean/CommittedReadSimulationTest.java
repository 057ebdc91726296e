package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/**
 * Producers commit and abort side by side while the log is rolled, cleaned and cut off at its beginning: whoever reads committed records finds of
 * each key what was committed last, before and after each cleaning and in between, from wherever and in whatever portions he reads.
 */
class CommittedReadSimulationTest {

    private static final int RUNS = Integer.getInteger("runs", 60);
    private static final int STEPS = 160;

    @Test
    void readersOfCommittedRecordsSeeTheSameTableBeforeAndAfterEachCleaning() {
        long first = Long.getLong("seed", System.nanoTime());
        int cleanings = 0;
        int markersGone = 0;
        for (long seed = first; seed < first + RUNS; seed++) {
            Run run = new Run(seed);
            try {
                run.go();
            } catch (RuntimeException | AssertionError failed) {
                throw new AssertionError("again with -Dseed=" + seed + " -Druns=1: " + failed.getMessage(), failed);
            }
            cleanings += run.cleanings;
            markersGone += run.markersGone;
        }
        // Else nothing of this was tried.
        assertThat(cleanings).as("cleanings from seed %d on", first).isGreaterThan(2 * RUNS);
        assertThat(markersGone).as("markers cleaned away from seed %d on", first).isGreaterThan(RUNS);
    }

    /** Of a record that is in the log or was: what became of its transaction is not known at first. */
    private record Written(long offset, String key, String value) {}

    private static final class Producer extends SimulatedProducer {
        /** Whether each end of a transaction begins an epoch (KIP-890). */
        private final boolean newEpochs;
        private final List<Written> undecided = new ArrayList<>();

        Producer(MemoryLog log, long id, boolean newEpochs) {
            super(log, id);
            this.newEpochs = newEpochs;
        }
    }

    private static final class Run {

        private final Random random;
        private final CompactionPolicy policy;
        private final MemoryLog log;
        private final List<Producer> producers = new ArrayList<>();
        private final TreeMap<Long, Written> committed = new TreeMap<>();
        private final Set<String> abortedValues = new HashSet<>();
        private final int keys;
        private long now = 1_000_000;
        private long cleanedUntil = -1;
        private int cleanings;
        private int markersGone;

        Run(long seed) {
            random = new Random(seed);
            keys = 1 + random.nextInt(10);
            policy = new CompactionPolicy(true, 0, random.nextInt(4) == 0 ? 200 : 0, Long.MAX_VALUE, random.nextInt(3) * 300L, 200 + random.nextInt(2_500),
                    10 << 20, 50, 1 << 20);
            log = new MemoryLog("table", policy);
            for (int i = 0; i < 3; i++) {
                producers.add(new Producer(log, i, random.nextInt(3) > 0));
            }
        }

        void go() {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(16)) {
                    case 0, 1 -> write(null);
                    case 2, 3, 4, 5, 6 -> write(producers.get(random.nextInt(producers.size())));
                    case 7, 8, 9 -> end(producers.get(random.nextInt(producers.size())));
                    case 10 -> now += random.nextInt(400);
                    case 11, 12 -> log.roll();
                    case 13, 14 -> clean();
                    case 15 -> rarely();
                    default -> throw new IllegalStateException();
                }
            }
            producers.forEach(this::end);
            for (int i = 0; i < 4; i++) {
                log.roll();
                write(null);
                now += 1_000;
                clean();
            }
        }

        private void rarely() {
            switch (random.nextInt(6)) {
                case 0 -> log.dropFirst();
                case 1 -> log.expire(random.nextInt(producers.size()));
                case 2, 3, 4 -> readWhileCleaned();
                default -> check();
            }
        }

        private void write(Producer producer) {
            long base = log.endOffset();
            SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(3)];
            for (int i = 0; i < records.length; i++) {
                String key = "key-" + random.nextInt(keys);
                String value = random.nextInt(4) == 0 ? null : "value-" + (base + i);
                records[i] = new SimpleRecord(now, bytes(key), bytes(value));
                Written written = new Written(base + i, key, value);
                if (producer == null) {
                    committed.put(written.offset, written);
                } else {
                    producer.undecided.add(written);
                }
            }
            if (producer == null) {
                log.append(Compression.NONE, records);
            } else {
                producer.append(Compression.NONE, true, records);
            }
        }

        /** Also without a transaction: a coordinator may write a marker that nobody needs. */
        private void end(Producer producer) {
            boolean commit = random.nextInt(5) > 1;
            if (producer.newEpochs || random.nextInt(8) == 0) {
                producer.beginEpoch();
            }
            producer.end(now, commit);
            for (Written written : producer.undecided) {
                if (commit) {
                    committed.put(written.offset, written);
                } else if (written.value != null) {
                    abortedValues.add(written.value);
                }
            }
            producer.undecided.clear();
        }

        private void clean() {
            check();
            log.durableUntil(random.nextInt(5) == 0 ? random.nextLong(log.endOffset() + 1) : Long.MAX_VALUE);
            DirtyRange range = DirtyRange.of(log, cleanedUntil, now);
            boolean worth = range.isWorthCleaning(policy);
            if (worth) {
                int markers = markers();
                cleanedUntil = SimulatedCleaning.run(log, range, now, random).until();
                cleanings++;
                markersGone += markers - markers();
            }
            log.durableUntil(Long.MAX_VALUE);
            if (worth) {
                check();
            }
        }

        private int markers() {
            return (int) log.batches().stream().filter(batch -> batch.isControlBatch() && batch.iterator().hasNext()).count();
        }

        private void check() {
            long stable = log.settledOffset();
            CommittedReader whole = new CommittedReader(log, log.startOffset()).toEnd(Integer.MAX_VALUE);
            assertThat(whole.table()).as("table before offset %d", stable).isEqualTo(expected(stable));
            CommittedReader portions = new CommittedReader(log, log.startOffset()).toEnd(1 + random.nextInt(1_500));
            assertThat(portions.offsets()).isEqualTo(whole.offsets());
            long from = log.startOffset() + random.nextLong(log.endOffset() - log.startOffset() + 1);
            CommittedReader later = new CommittedReader(log, from).toEnd(1 + random.nextInt(1_500));
            assertThat(later.offsets()).as("from offset %d", from).isEqualTo(whole.offsets().tailMap(from, true));
        }

        private Map<String, String> expected(long stable) {
            Map<String, Written> latest = new HashMap<>();
            committed.headMap(stable).values().forEach(written -> latest.put(written.key, written));
            Map<String, String> table = new TreeMap<>();
            latest.forEach((key, written) -> {
                if (written.value != null && written.offset >= log.startOffset()) {
                    table.put(key, written.value);
                }
            });
            return table;
        }

        /** What a reader has of the old log and what he gets of the new one fit, also within a fetch. */
        private void readWhileCleaned() {
            Map<String, String> before = expected(log.settledOffset());
            CommittedReader reader = new CommittedReader(log, log.startOffset());
            while (reader.fetch(1 + random.nextInt(1_000), random.nextInt(4) == 0 ? this::clean : () -> { })) {
                continue;
            }
            // A tombstone may have gone before he got there, as for everyone who takes longer than delete.retention.ms.
            before.forEach((key, value) -> assertThat(reader.table()).as("read while it was cleaned").containsEntry(key, value));
            assertThat(reader.table().values()).as("read while it was cleaned").noneMatch(abortedValues::contains);
        }
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
