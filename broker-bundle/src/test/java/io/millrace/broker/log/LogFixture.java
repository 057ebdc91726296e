package io.millrace.broker.log;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * A store with one log of every kind of content: several segments with indexes, plain, compressed and idempotent batches, committed, aborted and
 * open transactions; and what was in it. Its folder is kept as a clean stop left it, and as a crash would have.
 */
final class LogFixture {

    static final TopicPartition PARTITION = new TopicPartition("orders", 3);
    static final Uuid ID = new Uuid(7, 9);
    private static final long NOW = System.currentTimeMillis();
    /** Fits the durable part into the first segments, so that a checkpoint covers some of what is there and not all. */
    private static final int SEGMENT_BYTES = 900;

    /** What readers were promised: value by offset, aborted transactions, and the end. */
    record Content(TreeMap<Long, String> values, List<AbortedTransaction> aborted, long end, long durable) {}

    private LogFixture() {}

    /** Writes the log, copies its folder to {@code crashed} as it is in the middle of work, and closes it in order. */
    static Content write(Path clean, Path crashed) throws Exception {
        Content content;
        try (LogStore store = open(clean)) {
            PartitionLog log = store.create(PARTITION, ID, config(), 0);
            for (int i = 0; i < 12; i++) {
                log.append(plain(i % 3 == 0 ? Compression.lz4().build() : Compression.NONE, "plain " + i), Origin.CLIENT, 0, true);
                log.append(idempotent(7, i * 2, "seven " + i, "seven' " + i), Origin.CLIENT, 0, true);
                log.append(transactional(9, i, "nine " + i), Origin.CLIENT, 0, true, log.producers().verify(9, (short) 0, i, false));
                if (i % 4 == 1) {
                    log.append(marker(9, i % 8 == 1 ? ControlRecordType.ABORT : ControlRecordType.COMMIT), Origin.COORDINATOR, 0, true);
                }
                if (i == 8) {
                    log.awaitDurable(log.endOffset());
                    ((SegmentedLog) log).checkpoint().write();
                }
            }
            long durable = ((SegmentedLog) log).checkpoint().recoveryPoint();
            log.awaitDurable(log.endOffset());
            content = new Content(values(log), log.abortedTransactions(0, log.endOffset()), log.endOffset(), durable);
            copy(clean, crashed);
            Files.deleteIfExists(crashed.resolve(".kafka_cleanshutdown"));
            // What the log's own files tell is what is tested.
            Files.deleteIfExists(crashed.resolve("journal-1"));
            Files.writeString(crashed.resolve("recovery-point-offset-checkpoint"), "0\n1\n" + PARTITION.topic() + " " + PARTITION.partition() + " " + durable + "\n");
        }
        return content;
    }

    static LogStore open(Path folder) {
        return LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
    }

    static LogConfig config() {
        return LogConfig.of(Map.of("segment.bytes", Integer.toString(SEGMENT_BYTES), "index.interval.bytes", "200"));
    }

    static Path logFolder(Path store) {
        return store.resolve(PARTITION.toString());
    }

    /** With the times of files and folders, as a backup has them. */
    static void copy(Path source, Path target) throws IOException {
        Files.createDirectories(target);
        List<Path> files = new ArrayList<>();
        try (var all = Files.newDirectoryStream(source)) {
            all.forEach(files::add);
        }
        for (Path file : files) {
            Path to = target.resolve(file.getFileName());
            if (Files.isDirectory(file)) {
                copy(file, to);
            } else if (!file.getFileName().toString().equals(".lock")) {
                copyFile(file, to);
            }
        }
        Files.setLastModifiedTime(target, Files.getLastModifiedTime(source));
    }

    private static void copyFile(Path file, Path to) throws IOException {
        try {
            Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (NoSuchFileException gone) {
            // A file of the journal goes when a larger one takes its place.
            if (!file.getFileName().toString().startsWith("journal-")) {
                throw gone;
            }
        }
    }

    static void delete(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Every record as a consumer gets it who checks CRCs, from the start on until {@link PartitionLog#read} has no more. */
    static TreeMap<Long, String> values(PartitionLog log) {
        TreeMap<Long, String> values = new TreeMap<>();
        long offset = log.startOffset();
        while (offset < log.endOffset()) {
            long before = offset;
            for (RecordBatch batch : log.read(offset, 1 << 20, log.endOffset(), true).batches()) {
                batch.ensureValid();
                for (Record record : batch) {
                    // The first batch may begin before the log does.
                    if (!batch.isControlBatch() && record.offset() >= log.startOffset()) {
                        values.put(record.offset(), text(record.value()));
                    }
                }
                offset = batch.nextOffset();
            }
            // The power may have taken the end of a segment that nobody was told of, and not the empty segment behind it.
            boolean lostEnd = log instanceof SegmentedLog segmented && segmented.files().segments().active().bytes() == 0;
            if (offset == before && lostEnd) {
                return values;
            }
            if (offset == before) {
                throw new AssertionError("nothing is read at offset " + offset + ", the log says it ends at " + log.endOffset());
            }
        }
        return values;
    }

    static String text(ByteBuffer value) {
        byte[] bytes = new byte[value.remaining()];
        value.get(bytes);
        return new String(bytes);
    }

    static MemoryRecords plain(Compression codec, String... values) {
        return MemoryRecords.withRecords(codec, simple(values));
    }

    static MemoryRecords idempotent(long producer, int sequence, String... values) {
        return MemoryRecords.withIdempotentRecords(Compression.NONE, producer, (short) 0, sequence, simple(values));
    }

    static MemoryRecords transactional(long producer, int sequence, String... values) {
        return MemoryRecords.withTransactionalRecords(Compression.NONE, producer, (short) 0, sequence, simple(values));
    }

    static MemoryRecords marker(long producer, ControlRecordType type) {
        return MemoryRecords.withEndTransactionMarker(0L, NOW, RecordBatch.NO_PARTITION_LEADER_EPOCH, producer, (short) 0, new EndTransactionMarker(type, 0));
    }

    private static SimpleRecord[] simple(String... values) {
        List<SimpleRecord> records = new ArrayList<>();
        for (String value : values) {
            records.add(new SimpleRecord(NOW, "key".getBytes(), value.getBytes()));
        }
        return records.toArray(SimpleRecord[]::new);
    }
}
