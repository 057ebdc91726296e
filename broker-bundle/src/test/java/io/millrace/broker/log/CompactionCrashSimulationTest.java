package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.CompactedStore.HandClock;
import io.millrace.broker.log.InterruptedSwap.Step;
import io.millrace.broker.log.PartitionProducers.ActiveProducer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random logs in files, cleaned again and again while the node crashes between the steps of a swap, against a model that keeps every record. */
class CompactionCrashSimulationTest {

    private static final int RUNS = 5;
    private static final int STEPS = 110;

    @TempDir
    private Path folder;

    @Test
    void whateverACrashLeavesTheTableIsTheOneThatWasWritten() throws Exception {
        long first = Long.getLong("seed", System.nanoTime());
        int crashes = 0;
        for (long seed = first; seed < first + RUNS; seed++) {
            try (Run run = new Run(seed, folder.resolve("run-" + seed))) {
                crashes += run.go();
            } catch (Exception | AssertionError failed) {
                throw new AssertionError("seed " + seed + ": " + failed.getMessage(), failed);
            }
        }
        assertThat(crashes).as("crashes in the middle of a swap").isGreaterThan(2 * RUNS);
    }

    /** Every record that was ever written, and whose transaction it is of. */
    private static final class Model {

        private static final class Transaction {
            private boolean aborted;
        }

        private record Entry(String key, String value, Transaction transaction) {}

        private final TreeMap<Long, Entry> entries = new TreeMap<>();
        private final Map<Long, Transaction> open = new HashMap<>();

        void add(long offset, String key, String value, long producer) {
            entries.put(offset, new Entry(key, value, producer < 0 ? null : open.computeIfAbsent(producer, _ -> new Transaction())));
        }

        void end(long producer, boolean commit) {
            Transaction transaction = open.remove(producer);
            if (transaction != null) {
                transaction.aborted = !commit;
            }
        }

        Map<String, String> table(long before) {
            Map<String, String> table = new TreeMap<>();
            visible(before).values().forEach(entry -> {
                if (entry.value == null) {
                    table.remove(entry.key);
                } else {
                    table.put(entry.key, entry.value);
                }
            });
            return table;
        }

        Map<Long, String> records(long before) {
            Map<Long, String> records = new TreeMap<>();
            visible(before).forEach((offset, entry) -> records.put(offset, entry.key + "=" + entry.value));
            return records;
        }

        private Map<Long, Entry> visible(long before) {
            Map<Long, Entry> visible = new TreeMap<>(entries.headMap(before));
            visible.values().removeIf(entry -> entry.transaction != null && entry.transaction.aborted);
            return visible;
        }
    }

    private static final class Run implements AutoCloseable {

        private final Random random;
        private final Path folder;
        private final HandClock clock = new HandClock();
        private final Model model = new Model();
        private final Map<Long, Integer> sequences = new HashMap<>();
        private final Set<Long> inTransaction = new HashSet<>();
        private final int keys;
        private final String deleteRetention;
        private Path live;
        private CompactedStore node;
        private PartitionLog log;
        private int crashes;

        Run(long seed, Path folder) {
            this.random = new Random(seed);
            this.folder = folder;
            this.live = folder.resolve("0");
            this.keys = 1 + random.nextInt(15);
            this.deleteRetention = Integer.toString(random.nextInt(3) * 700);
            open();
        }

        private void open() {
            node = new CompactedStore(live, clock);
            log = node.table("delete.retention.ms", deleteRetention, "segment.bytes", Integer.toString(400 + random.nextInt(1_500)));
        }

        int go() throws Exception {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(16)) {
                    case 0, 1, 2, 3, 4, 5, 6 -> put(-1);
                    case 7, 8 -> put(7 + random.nextInt(2));
                    case 9, 10 -> end(7 + random.nextInt(2));
                    case 11 -> clock.step(random.nextInt(500));
                    case 12 -> log.reconfigure(LogConfig.of(CompactedStore.small("delete.retention.ms", deleteRetention,
                            "segment.bytes", Integer.toString(400 + random.nextInt(3_000)))));
                    case 13 -> clean();
                    case 14 -> crashWhileCleaning();
                    case 15 -> {
                        node.close();
                        open();
                        check("after a restart");
                    }
                    default -> throw new IllegalStateException();
                }
            }
            return crashes;
        }

        private void put(long producer) {
            String key = "key-" + random.nextInt(keys);
            String value = random.nextInt(5) == 0 ? null : "value-" + log.endOffset() + "x".repeat(random.nextInt(60));
            model.add(log.endOffset(), key, value, producer);
            if (producer < 0) {
                node.put(log, key, value);
            } else {
                node.put(log, producer, sequences.merge(producer, 1, Integer::sum) - 1, key, value);
                inTransaction.add(producer);
            }
        }

        private void end(long producer) {
            if (inTransaction.remove(producer)) {
                boolean commit = random.nextBoolean();
                node.end(log, producer, commit ? ControlRecordType.COMMIT : ControlRecordType.ABORT);
                model.end(producer, commit);
            }
        }

        private void clean() throws Exception {
            assertThat(node.clean().uncleanable()).isEmpty();
            check("after a cleaning");
        }

        private void crashWhileCleaning() throws Exception {
            if (random.nextInt(3) > 0) {
                end(7);
                end(8);
                put(-1);
            }
            ((SegmentedLog) log).flush().run();
            int number = Integer.parseInt(live.getFileName().toString());
            Path before = folder.resolve(number + "-before");
            Path after = folder.resolve(number + "-after");
            Path crashed = folder.resolve(Integer.toString(number + 1));
            CompactedStore.copy(live, before);
            long cleanings = node.cleaner.status().cleanings();
            clean();
            if (node.cleaner.status().cleanings() == cleanings) {
                deleteTree(before);
                return;
            }
            CompactedStore.copy(live, after);
            List<ActiveProducer> producers = log.producers().active();
            long end = log.endOffset();
            long stable = log.lastStableOffset();
            node.close();
            CompactedStore.copy(before, crashed);
            String partition = CompactedStore.TABLE.toString();
            InterruptedSwap swap = new InterruptedSwap(before.resolve(partition), after.resolve(partition));
            List<List<Long>> groups = swap.groups();
            int interrupted = random.nextInt(groups.size());
            for (int i = 0; i < interrupted; i++) {
                swap.arrange(crashed.resolve(partition), groups.get(i), random.nextBoolean() ? Step.IN_PLACE : Step.OTHERS_DELETED);
            }
            Step step = Step.values()[random.nextInt(Step.values().length)];
            swap.arrange(crashed.resolve(partition), groups.get(interrupted), step);
            live = crashed;
            crashes++;
            open();
            String what = "after a crash at " + step + " of " + groups.get(interrupted);
            assertThat(log.endOffset()).as(what).isEqualTo(end);
            assertThat(log.lastStableOffset()).as(what).isEqualTo(stable);
            assertThat(log.producers().active()).as(what).containsExactlyInAnyOrderElementsOf(producers);
            check(what);
            deleteTree(before);
            deleteTree(after);
        }

        private static void deleteTree(Path tree) throws Exception {
            try (var files = java.nio.file.Files.walk(tree)) {
                for (Path file : (Iterable<Path>) files.sorted(java.util.Comparator.reverseOrder())::iterator) {
                    java.nio.file.Files.delete(file);
                }
            }
        }

        private void check(String when) {
            long stable = log.lastStableOffset();
            Map<Long, String> records = CompactedStore.records(log);
            assertThat(CompactedStore.tableOf(log)).as(when).isEqualTo(model.table(stable));
            assertThat(model.records(stable)).as(when).containsAllEntriesOf(records);
            long next = log.startOffset();
            for (long offset : records.keySet()) {
                long asked = next + random.nextLong(offset - next + 1);
                assertThat(log.read(asked, 1, stable, true).batches().iterator().next().lastOffset()).as("%s: read from %d", when, asked)
                        .isBetween(asked, offset);
                next = offset + 1;
            }
        }

        @Override
        public void close() {
            node.close();
        }
    }
}
