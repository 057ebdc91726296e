package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the files of a cleaned segment take the place of those it was cleaned from, so that after a crash at any point the log has either, by Kafka's
 * names:
 * <ol>
 * <li>{@code .cleaned}: being written, worth nothing. The others are whole.
 * <li>{@code .swap}: whole and durable. From the moment when the {@code .log.swap} is there, the others are what must go: first those after the first,
 *     in order, so that what a crash leaves of them begins where nothing of the cleaned segment is;
 * <li>without suffix, the {@code .log} last: done.
 * </ol>
 */
final class SegmentSwap {

    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    private static final Logger LOG = LoggerFactory.getLogger(SegmentSwap.class);
    private static final String FILE = ".log";
    private static final List<String> INDEXES = List.of(".index", ".timeindex", ".txnindex");

    private final PartitionFolder folder;
    private final long baseOffset;

    SegmentSwap(PartitionFolder folder, long baseOffset) {
        this.folder = folder;
        this.baseOffset = baseOffset;
    }

    PartitionFolder folder() {
        return folder;
    }

    Path cleaned(String suffix) {
        return path(suffix + CLEANED);
    }

    private Path path(String suffix) {
        return folder.path().resolve(PartitionFolder.name(baseOffset) + suffix);
    }

    /** All files are written, the log is on disk, and none of the others is touched: from now on they are. */
    void begin() throws IOException {
        for (String index : INDEXES) {
            DurableFile.sync(path(index + CLEANED));
            move(path(index + CLEANED), path(index + SWAP));
        }
        // Nothing of what happens next may be on disk before this is.
        DurableFile.syncFolder(folder.path());
        move(path(FILE + CLEANED), path(FILE + SWAP));
        DurableFile.syncFolder(folder.path());
    }

    /** The others, but for the first, are gone. */
    void complete() throws IOException {
        DurableFile.syncFolder(folder.path());
        for (String index : INDEXES) {
            if (Files.exists(path(index + SWAP))) {
                move(path(index + SWAP), path(index));
            }
        }
        move(path(FILE + SWAP), path(FILE));
        DurableFile.syncFolder(folder.path());
        // Elsewhere it is only there if a transaction was aborted.
        if (Files.exists(path(".txnindex")) && Files.size(path(".txnindex")) == 0) {
            Files.delete(path(".txnindex"));
        }
    }

    /** Whether the others are to go already. */
    boolean isBegun() {
        return Files.exists(path(FILE + SWAP));
    }

    /** Removes what was written, unless {@link #begin} was reached. */
    void discard() throws IOException {
        Files.deleteIfExists(path(FILE + CLEANED));
        for (String index : INDEXES) {
            Files.deleteIfExists(path(index + CLEANED));
            Files.deleteIfExists(path(index + SWAP));
        }
    }

    /**
     * Brings what a crash left to one of the ends, before the segments are looked for.
     *
     * @param logs base offsets of the segments that are there
     */
    static void recover(PartitionFolder folder, List<Long> logs) throws IOException {
        for (String name : unfinished(folder)) {
            if (name.endsWith(FILE + SWAP)) {
                recover(folder, logs, Long.parseLong(name.substring(0, name.length() - (FILE + SWAP).length())));
            }
        }
        for (String name : unfinished(folder)) {
            Files.deleteIfExists(folder.path().resolve(name));
        }
    }

    static boolean isUnfinished(String name) {
        return name.endsWith(CLEANED) || name.endsWith(SWAP);
    }

    private static List<String> unfinished(PartitionFolder folder) throws IOException {
        try (Stream<Path> files = Files.list(folder.path())) {
            return files.map(file -> file.getFileName().toString()).filter(SegmentSwap::isUnfinished).sorted().toList();
        }
    }

    private static void recover(PartitionFolder folder, List<Long> logs, long base) throws IOException {
        SegmentSwap swap = new SegmentSwap(folder, base);
        long end = endOf(swap.path(FILE + SWAP), base);
        for (long other : logs) {
            if (other > base && other < end) {
                Files.deleteIfExists(folder.log(other));
            }
        }
        for (String index : List.of(".index", ".timeindex")) {
            if (!Files.exists(swap.path(index + SWAP))) {
                // It may be the one of before, if this is Kafka's; it is made again from the segment.
                Files.deleteIfExists(swap.path(index));
            }
        }
        swap.complete();
        LOG.info("{}: finished what the cleaner had begun; it holds offsets up to {}", folder.log(base), end - 1);
    }

    private static long endOf(Path file, long baseOffset) throws IOException {
        long end = baseOffset;
        try (FileRecords records = FileRecords.open(file.toFile(), false)) {
            for (FileChannelRecordBatch batch : records.batches()) {
                end = batch.nextOffset();
            }
        }
        return end;
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
