package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.clean.NaiveLog.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/** Random logs, cleaned again and again, hold what a naive model says. */
class CleaningSimulationTest {

    private static final int RUNS = 300;
    private static final int STEPS = 120;
    private static final CompressionType[] CODECS = {CompressionType.NONE, CompressionType.NONE, CompressionType.LZ4, CompressionType.GZIP};

    @Test
    void cleanedLogsHoldWhatTheNaiveModelSays() {
        long first = Long.getLong("seed", System.nanoTime());
        int cleanings = 0;
        for (long seed = first; seed < first + RUNS; seed++) {
            try {
                cleanings += new Run(seed).go();
            } catch (RuntimeException | AssertionError failed) {
                throw new AssertionError("seed " + seed + ": " + failed.getMessage(), failed);
            }
        }
        assertThat(cleanings).isGreaterThan(RUNS);
    }

    private static final class Producer extends SimulatedProducer {
        private boolean open;
        /** The log was told to forget it, and has seen nothing but markers of it since: its sequence may be found or not. */
        private boolean forgotten;

        Producer(MemoryLog log, long id) {
            super(log, id);
        }
    }

    private static final class Run {

        private final Random random;
        private final CompactionPolicy policy;
        private final MemoryLog log;
        private final NaiveLog model = new NaiveLog();
        private final List<Producer> producers = new ArrayList<>();
        private final int keys;
        private long now = 1_000_000;
        private long cleanedUntil = -1;
        private int cleanings;

        Run(long seed) {
            random = new Random(seed);
            keys = 1 + random.nextInt(12);
            long retention = random.nextInt(3) * 500L;
            policy = new CompactionPolicy(true, 0, random.nextInt(3) == 0 ? 300 : 0, Long.MAX_VALUE, retention, 200 + random.nextInt(3_000), 10 << 20, 50,
                    1 << 20);
            log = new MemoryLog("random", policy);
            for (int i = 0; i < 4; i++) {
                producers.add(new Producer(log, i));
            }
        }

        int go() {
            for (int step = 0; step < STEPS; step++) {
                switch (random.nextInt(12)) {
                    case 0, 1, 2, 3, 4 -> append(null);
                    case 5, 6 -> append(producers.get(random.nextInt(2)));
                    case 7 -> append(producers.get(2 + random.nextInt(2)));
                    case 8 -> end(producers.get(random.nextInt(2)));
                    case 9 -> {
                        now += random.nextInt(400);
                        if (random.nextInt(6) == 0) {
                            expire(producers.get(random.nextInt(4)));
                        }
                    }
                    case 10 -> log.roll();
                    case 11 -> clean();
                    default -> throw new IllegalStateException();
                }
            }
            for (Producer producer : producers.subList(0, 2)) {
                if (producer.open) {
                    end(producer);
                }
            }
            log.roll();
            append(null);
            clean();
            return cleanings;
        }

        private void expire(Producer producer) {
            log.expire(producer.id());
            producer.forgotten |= !producer.open;
        }

        private void append(Producer producer) {
            boolean transactional = producer != null && producer.id() < 2;
            long base = log.endOffset();
            int count = 1 + random.nextInt(4);
            SimpleRecord[] records = new SimpleRecord[count];
            for (int i = 0; i < count; i++) {
                String key = random.nextInt(40) == 0 ? null : "key-" + random.nextInt(keys);
                String value = random.nextInt(4) == 0 ? null : "value-" + (base + i);
                records[i] = new SimpleRecord(now, bytes(key), bytes(value));
                model.append(new Entry(base + i, base, key, value, now), transactional ? producer.id() : -1);
            }
            Compression codec = Compression.of(CODECS[random.nextInt(CODECS.length)]).build();
            if (producer == null) {
                log.append(codec, records);
                return;
            }
            producer.append(codec, transactional, records);
            producer.forgotten = false;
            producer.open |= transactional;
        }

        private void end(Producer producer) {
            if (!producer.open && random.nextInt(3) > 0) {
                return;
            }
            boolean commit = random.nextBoolean();
            boolean second = random.nextBoolean();
            if (second) {
                producer.beginEpoch();
                producer.forgotten = false;
            }
            producer.end(now, commit);
            model.end(producer.id(), commit);
            producer.open = false;
        }

        private void clean() {
            log.durableUntil(random.nextInt(4) == 0 ? random.nextLong(log.endOffset() + 1) : Long.MAX_VALUE);
            DirtyRange range = DirtyRange.of(log, cleanedUntil, now);
            if (!range.isWorthCleaning(policy)) {
                return;
            }
            CleaningReport report = SimulatedCleaning.run(log, range, now, random);
            cleanings++;
            assertThat(report.until()).isGreaterThan(range.firstDirty()).isLessThanOrEqualTo(range.until());
            cleanedUntil = report.until();
            long end = log.segments().stream().mapToLong(CleanableSegment::baseOffset).filter(base -> base >= report.until()).min().orElseThrow();
            model.clean(report.until(), end, now, policy.deleteRetentionMs());
            check();
        }

        private void check() {
            List<Entry> uncommitted = new ArrayList<>();
            long last = -1;
            for (RecordBatch batch : log.batches()) {
                batch.ensureValid();
                assertThat(batch.baseOffset()).isGreaterThan(last);
                last = batch.lastOffset();
                if (!batch.isControlBatch()) {
                    batch.forEach(record -> uncommitted.add(entry(record)));
                }
            }
            assertThat(uncommitted).usingElementComparator(Comparator.comparing(Run::withoutBatch)).isEqualTo(model.uncommitted());
            long stable = Math.min(log.endOffset(), log.openTransactions().values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE));
            List<Entry> committed = committed(stable);
            assertThat(committed).usingElementComparator(Comparator.comparing(Run::withoutBatch)).isEqualTo(model.committed(stable));
            assertThat(NaiveLog.table(committed)).isEqualTo(NaiveLog.table(model.committed(stable)));
            checkProducers();
        }

        private List<Entry> committed(long before) {
            PriorityQueue<CleanableLog.AbortedTransaction> aborted = new PriorityQueue<>(Comparator.comparingLong(CleanableLog.AbortedTransaction::firstOffset));
            aborted.addAll(log.abortedTransactions(0, before));
            Set<Long> aborting = new HashSet<>();
            List<Entry> read = new ArrayList<>();
            for (RecordBatch batch : log.batches()) {
                while (!aborted.isEmpty() && aborted.peek().firstOffset() <= batch.lastOffset()) {
                    aborting.add(aborted.poll().producerId());
                }
                if (batch.isControlBatch()) {
                    if (batch.iterator().hasNext() && ControlRecordType.parse(batch.iterator().next().key()) == ControlRecordType.ABORT) {
                        aborting.remove(batch.producerId());
                    }
                } else if (batch.lastOffset() < before && !(batch.isTransactional() && aborting.contains(batch.producerId()))) {
                    batch.forEach(record -> read.add(entry(record)));
                }
            }
            return read;
        }

        /** Who reads only the log finds the same open transactions, and of each producer that counts the same last sequence. */
        private void checkProducers() {
            Map<Long, Long> open = new HashMap<>();
            Map<Long, Short> epochs = new HashMap<>();
            Map<Long, Integer> sequences = new HashMap<>();
            for (RecordBatch batch : log.batches()) {
                if (!batch.hasProducerId()) {
                    continue;
                }
                if (epochs.put(batch.producerId(), batch.producerEpoch()) instanceof Short before && before != batch.producerEpoch()) {
                    sequences.remove(batch.producerId());
                }
                if (batch.isControlBatch()) {
                    open.remove(batch.producerId());
                } else {
                    sequences.put(batch.producerId(), batch.lastSequence());
                    if (batch.isTransactional()) {
                        open.putIfAbsent(batch.producerId(), batch.baseOffset());
                    }
                }
            }
            assertThat(open.keySet()).isEqualTo(log.openTransactions().keySet());
            for (long id : log.lastRecordsOfProducers().keySet()) {
                Producer producer = producers.get((int) id);
                assertThat(epochs.get(id)).as("epoch of producer %s", id).isEqualTo(producer.epoch());
                if (!producer.forgotten) {
                    assertThat(sequences.getOrDefault(id, -1)).as("last sequence of producer %s", id).isEqualTo(producer.lastSequence());
                }
            }
        }

        private static String withoutBatch(Entry entry) {
            return entry.offset() + " " + entry.key() + " " + entry.value() + " " + entry.timestamp();
        }

        private static Entry entry(Record record) {
            return new Entry(record.offset(), -1, string(record.key()), string(record.value()), record.timestamp());
        }
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String string(ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
