package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.log.clean.CleanerConfig;
import io.millrace.broker.log.clean.CleanerStatus;
import io.millrace.broker.log.clean.LogCleaner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A store with a compacted topic, its cleaner and a clock that is moved by hand. */
final class CompactedStore implements AutoCloseable {

    static final TopicPartition TABLE = new TopicPartition("table", 0);
    static final Uuid ID = Uuid.fromString("AAAAAAAAAAAAAAAAAAAABA");

    static final class HandClock extends Clock {

        private volatile long now = System.currentTimeMillis();

        void step(long millis) {
            now += millis;
        }

        @Override
        public long millis() {
            return now;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(now);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    final HandClock clock;
    final LogStore store;
    final LogCleaner cleaner;

    CompactedStore(Path folder, HandClock clock) {
        this.clock = clock;
        this.store = LogStore.open(folder, LogStoreConfig.standard(), clock);
        CleanerConfig usual = CleanerConfig.standard();
        this.cleaner = LogCleaner.start(store.compactedLogs(), new CleanerConfig(2, Duration.ofDays(1), 2 << 20, usual.loadFactor(), 16 << 10,
                usual.maxBytesPerSecond(), usual.retry()), clock);
    }

    static Map<String, String> small(String... more) {
        Map<String, String> config = new HashMap<>(Map.of("cleanup.policy", "compact", "segment.bytes", "1000", "min.cleanable.dirty.ratio", "0",
                "index.interval.bytes", "100"));
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        return config;
    }

    PartitionLog table(String... config) {
        return store.create(TABLE, ID, LogConfig.of(small(config)), 0);
    }

    void put(PartitionLog log, String key, String value) {
        log.append(MemoryRecords.withRecords(Compression.NONE, record(key, value)), Origin.CLIENT, 0, false);
    }

    void put(PartitionLog log, long producer, int sequence, String key, String value) {
        log.append(MemoryRecords.withTransactionalRecords(Compression.NONE, producer, (short) 0, sequence, record(key, value)), Origin.CLIENT, 0, false,
                Verification.NOT_REQUIRED);
    }

    void end(PartitionLog log, long producer, ControlRecordType type) {
        log.append(MemoryRecords.withEndTransactionMarker(0, clock.millis(), 0, producer, (short) 0, new EndTransactionMarker(type, 0)),
                Origin.COORDINATOR, 0, false);
    }

    private SimpleRecord record(String key, String value) {
        return new SimpleRecord(clock.millis(), key.getBytes(StandardCharsets.UTF_8), value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes values 0 to {@code count - 1} under the keys, and {@link #fill fills} the segment. */
    void write(PartitionLog log, int count, IntFunction<String> keys) {
        for (int i = 0; i < count; i++) {
            put(log, keys.apply(i), "value-" + i);
        }
        fill(log);
    }

    /** Fills the active segment, so that all before can be cleaned; the records are of one key. */
    void fill(PartitionLog log) {
        int segments = ((SegmentedLog) log).files().segments().count();
        while (((SegmentedLog) log).files().segments().count() == segments) {
            put(log, "filler", "x".repeat(100));
        }
    }

    CleanerStatus clean() throws InterruptedException {
        for (PartitionLog log : store.logs()) {
            ((SegmentedLog) log).flush().run();
        }
        cleaner.cleanNow();
        return cleaner.status();
    }

    /** By offset: key and value of all committed records. Up to where the end is then: a record that went may have gone for one written since. */
    static Map<Long, String> records(PartitionLog log) {
        Map<Long, String> records = new TreeMap<>();
        Set<Long> aborting = new HashSet<>();
        long offset = log.startOffset();
        while (offset < log.lastStableOffset()) {
            long end = log.lastStableOffset();
            long before = offset;
            Records read = log.read(offset, 1 << 20, end, true);
            Deque<AbortedTransaction> aborted = new ArrayDeque<>(log.abortedTransactions(offset, end));
            for (RecordBatch batch : read.batches()) {
                while (!aborted.isEmpty() && aborted.peek().firstOffset() <= batch.lastOffset()) {
                    aborting.add(aborted.poll().producerId());
                }
                if (batch.isControlBatch()) {
                    aborting.remove(batch.producerId());
                } else if (!batch.isTransactional() || !aborting.contains(batch.producerId())) {
                    for (Record record : batch) {
                        if (records.put(record.offset(), string(record.key()) + "=" + string(record.value())) != null) {
                            throw new AssertionError("offset " + record.offset() + " was read twice");
                        }
                    }
                }
                offset = batch.nextOffset();
            }
            if (offset == before) {
                break;
            }
        }
        return records;
    }

    /** The latest value of each key but the fillers', without those that were deleted. */
    static Map<String, String> tableOf(PartitionLog log) {
        Map<String, String> table = new TreeMap<>();
        for (String record : records(log).values()) {
            String[] parts = record.split("=", 2);
            if (parts[1].equals("null")) {
                table.remove(parts[0]);
            } else if (!parts[0].equals("filler")) {
                table.put(parts[0], parts[1]);
            }
        }
        return table;
    }

    private static String string(ByteBuffer bytes) {
        return bytes == null ? "null" : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    @Override
    public void close() {
        cleaner.close();
        store.close();
    }
}
