package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.broker.log.CompactedStore.HandClock;
import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random logs in files lose exactly the segments that a naive model says: by time, by size, and before the start offset; and nothing else. */
class RetentionSimulationTest {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final int RUNS = 6;
    private static final int STEPS = 130;

    @TempDir
    private Path folder;

    private record Entry(String value, long timestamp) {}

    @Test
    void whatRetentionTakesAndLeavesIsWhatTheRulesSay() throws Exception {
        long first = Long.getLong("seed", System.nanoTime());
        int taken = 0;
        for (long seed = first; seed < first + RUNS; seed++) {
            try (Run run = new Run(seed, folder.resolve("run-" + seed))) {
                taken += run.go();
            } catch (Exception | AssertionError failed) {
                throw new AssertionError("seed " + seed + ": " + failed.getMessage(), failed);
            }
        }
        assertThat(taken).as("segments that went").isGreaterThan(2 * RUNS);
    }

    private static final class Run implements AutoCloseable {

        private final Random random;
        private final Path folder;
        private final HandClock clock = new HandClock();
        private final TreeMap<Long, Entry> written = new TreeMap<>();
        private final Map<String, String> config = new HashMap<>(Map.of("segment.bytes", "600", "segment.ms", "5000", "index.interval.bytes", "100"));
        private LogStore store;
        private PartitionLog log;
        private long start;
        private int taken;

        Run(long seed, Path folder) {
            this.random = new Random(seed);
            this.folder = folder;
            open();
        }

        private void open() {
            store = LogStore.open(folder, LogStoreConfig.standard(), clock);
            log = store.log(PARTITION).orElseGet(() -> store.create(PARTITION, Uuid.randomUuid(), LogConfig.of(config), 0));
            log.reconfigure(LogConfig.of(config));
        }

        int go() throws Exception {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(12)) {
                    case 0, 1, 2, 3, 4, 5 -> append();
                    case 6 -> clock.step(random.nextInt(4_000));
                    case 7 -> reconfigure();
                    case 8 -> deleteBefore();
                    case 9, 10 -> retain();
                    case 11 -> {
                        if (random.nextInt(3) == 0) {
                            store.close();
                            open();
                        }
                        check();
                    }
                    default -> throw new IllegalStateException();
                }
            }
            return taken;
        }

        private void append() {
            long timestamp = clock.millis() - random.nextInt(3_000);
            SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(4)];
            for (int i = 0; i < records.length; i++) {
                String value = "v" + (log.endOffset() + i) + "x".repeat(random.nextInt(40));
                records[i] = new SimpleRecord(timestamp, "key".getBytes(), value.getBytes());
                written.put(log.endOffset() + i, new Entry(value, timestamp));
            }
            log.append(MemoryRecords.withRecords(Compression.NONE, records), Origin.CLIENT, 0, false);
        }

        private void reconfigure() {
            config.put("retention.ms", random.nextInt(3) == 0 ? "-1" : Integer.toString(random.nextInt(10_000)));
            config.put("retention.bytes", random.nextInt(3) == 0 ? "-1" : Integer.toString(random.nextInt(4_000)));
            config.put("cleanup.policy", List.of("delete", "delete", "compact,delete", "compact").get(random.nextInt(4)));
            log.reconfigure(LogConfig.of(config));
        }

        private void deleteBefore() {
            long before = random.nextInt(4) == 0 ? log.endOffset() : random.nextLong(log.startOffset(), log.endOffset() + 1);
            assertThat(log.deleteBefore(before)).isEqualTo(Math.max(start, before));
            start = Math.max(start, before);
            check();
        }

        private void retain() throws Exception {
            List<Long> expected = new ArrayList<>(bases());
            long size = 0;
            for (long base : expected) {
                size += Files.size(file(base));
            }
            boolean deletes = config.getOrDefault("cleanup.policy", "delete").contains("delete");
            long retentionMs = Long.parseLong(config.getOrDefault("retention.ms", "604800000"));
            long retentionBytes = Long.parseLong(config.getOrDefault("retention.bytes", "-1"));
            while (true) {
                long base = expected.getFirst();
                long end = expected.size() > 1 ? expected.get(1) : log.endOffset();
                long bytes = Files.size(file(base));
                long newest = written.subMap(base, end).values().stream().mapToLong(Entry::timestamp).max().orElse(Long.MAX_VALUE);
                boolean old = deletes && retentionMs >= 0 && newest < clock.millis() - retentionMs;
                boolean surplus = deletes && retentionBytes >= 0 && size - bytes >= retentionBytes;
                if (end == base || !(end <= start || old || surplus)) {
                    break;
                }
                size -= bytes;
                taken++;
                start = Math.max(start, end);
                expected.removeFirst();
                if (expected.isEmpty()) {
                    expected.add(end);
                    break;
                }
            }
            store.applyRetention();
            assertThat(bases()).as("%s, start %d, at %d", config, start, clock.millis()).isEqualTo(expected);
            check();
        }

        private Path file(long base) {
            return folder.resolve(PARTITION.toString()).resolve(PartitionFolder.name(base) + ".log");
        }

        private List<Long> bases() throws IOException {
            try (var files = Files.list(folder.resolve(PARTITION.toString()))) {
                return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".log"))
                        .map(name -> Long.parseLong(name.substring(0, name.length() - ".log".length()))).sorted().toList();
            }
        }

        private void check() {
            assertThat(log.startOffset()).isEqualTo(start);
            assertThat(log.endOffset()).isEqualTo(written.isEmpty() ? 0 : written.lastKey() + 1);
            assertThat(Batches.values(log, start, 1 + random.nextInt(2_000))).isEqualTo(written.tailMap(start).values().stream().map(Entry::value).toList());
            if (start > 0) {
                assertThatThrownBy(() -> log.read(start - 1, 100, log.endOffset(), true)).isInstanceOf(OffsetOutOfRangeException.class);
            }
        }

        @Override
        public void close() {
            store.close();
        }
    }
}
