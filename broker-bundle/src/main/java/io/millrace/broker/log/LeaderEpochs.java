package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where each leader epoch began (KIP-101), kept in Kafka's {@code leader-epoch-checkpoint}. Changed with the log's {@code appending} held, asked by any
 * thread.
 */
final class LeaderEpochs {

    private static final Logger LOG = LoggerFactory.getLogger(LeaderEpochs.class);

    private Path file;
    /** By epoch. Never changed: another one takes its place, so that who asks has not to wait. */
    private volatile TreeMap<Integer, Long> starts;
    private int version;
    private int writtenVersion;

    LeaderEpochs(Path file) throws IOException {
        this.file = file;
        this.starts = read(file);
    }

    private static TreeMap<Integer, Long> read(Path file) throws IOException {
        TreeMap<Integer, Long> read = new TreeMap<>();
        try {
            for (String[] line : CheckpointLines.read(file, 2).orElse(List.of())) {
                add(read, Integer.parseInt(line[0]), Long.parseLong(line[1]));
            }
            return read;
        } catch (NumberFormatException damaged) {
            LOG.warn("{} is damaged, epochs before now are unknown: {}", file, damaged.getMessage());
            return new TreeMap<>();
        }
    }

    private static void add(TreeMap<Integer, Long> read, int epoch, long offset) {
        if (epoch < 0 || offset < 0 || !read.isEmpty() && (epoch <= read.lastKey() || offset < read.lastEntry().getValue())) {
            throw new NumberFormatException("epoch " + epoch + " at offset " + offset + " is out of order");
        }
        read.put(epoch, offset);
    }

    int latest() {
        return latest(starts);
    }

    private static int latest(TreeMap<Integer, Long> starts) {
        return starts.isEmpty() ? -1 : starts.lastKey();
    }

    /** Takes note that {@code epoch} begins at {@code offset}. Until it is {@link #written} the batches there tell. */
    void begin(int epoch, long offset) {
        if (epoch < 0 || epoch <= latest()) {
            return;
        }
        // An epoch that wrote nothing before this one began never was.
        TreeMap<Integer, Long> changed = before(offset);
        changed.put(epoch, offset);
        starts = changed;
        version++;
    }

    /** Those that began before the offset. */
    private TreeMap<Integer, Long> before(long offset) {
        TreeMap<Integer, Long> some = new TreeMap<>(starts);
        some.values().removeIf(start -> start >= offset);
        return some;
    }

    /** What the file lacks. */
    record Unwritten(Path file, String content, int version) {

        /** Durable on return. */
        void write() throws IOException {
            DurableFile.replace(file, content);
        }
    }

    /** The file as it should be, or null if it is so. */
    Unwritten unwritten() {
        return version == writtenVersion ? null : new Unwritten(file, content(), version);
    }

    void written(Unwritten done) {
        writtenVersion = Math.max(writtenVersion, done.version);
    }

    /** Drops what ended before the log's start; the epoch that the start is in begins there from now on. */
    void startAt(long startOffset) throws IOException {
        int first = at(startOffset);
        if (first >= 0) {
            TreeMap<Integer, Long> changed = new TreeMap<>(starts.tailMap(first, false));
            changed.put(first, startOffset);
            starts = changed;
            write();
        }
    }

    /** @param logEnd as it was before the call, so that no epoch that begins later seems to be of what is before */
    PartitionLog.EpochEnd endOf(int epoch, long logEnd) {
        TreeMap<Integer, Long> now = starts;
        if (epoch < 0 || epoch > latest(now)) {
            return new PartitionLog.EpochEnd(-1, -1);
        }
        if (epoch == latest(now)) {
            return new PartitionLog.EpochEnd(epoch, logEnd);
        }
        Map.Entry<Integer, Long> floor = now.floorEntry(epoch);
        Map.Entry<Integer, Long> higher = now.higherEntry(epoch);
        return new PartitionLog.EpochEnd(floor == null ? epoch : floor.getKey(), higher.getValue());
    }

    /** @return the latest epoch that began at the offset or before; -1 if there is none */
    int at(long offset) {
        for (Map.Entry<Integer, Long> start : starts.descendingMap().entrySet()) {
            if (start.getValue() <= offset) {
                return start.getKey();
            }
        }
        return -1;
    }

    /** Drops what begins at or after the end of a cut log. */
    void truncateTo(long endOffset) throws IOException {
        TreeMap<Integer, Long> kept = before(endOffset);
        if (endOffset > 0 && kept.size() < starts.size()) {
            starts = kept;
            write();
        }
    }

    private void write() throws IOException {
        version++;
        Unwritten all = unwritten();
        all.write();
        written(all);
    }

    /** The file is in another folder now, with what it had. */
    void moveTo(Path moved) {
        file = moved;
    }

    private String content() {
        return CheckpointLines.write(starts.entrySet().stream().map(start -> start.getKey() + " " + start.getValue()).toList());
    }
}
