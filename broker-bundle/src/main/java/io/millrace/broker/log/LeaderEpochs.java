package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where each leader epoch began (KIP-101), kept in Kafka's {@code leader-epoch-checkpoint}. Callers serialise. */
final class LeaderEpochs {

    private static final Logger LOG = LoggerFactory.getLogger(LeaderEpochs.class);

    private Path file;
    private final TreeMap<Integer, Long> starts = new TreeMap<>();
    private int version;
    private int writtenVersion;

    LeaderEpochs(Path file) throws IOException {
        this.file = file;
        try {
            for (String[] line : CheckpointLines.read(file, 2).orElse(List.of())) {
                add(Integer.parseInt(line[0]), Long.parseLong(line[1]));
            }
        } catch (NumberFormatException damaged) {
            LOG.warn("{} is damaged, epochs before now are unknown: {}", file, damaged.getMessage());
            starts.clear();
        }
    }

    private void add(int epoch, long offset) {
        if (epoch < 0 || offset < 0 || !starts.isEmpty() && (epoch <= starts.lastKey() || offset < starts.lastEntry().getValue())) {
            throw new NumberFormatException("epoch " + epoch + " at offset " + offset + " is out of order");
        }
        starts.put(epoch, offset);
    }

    int latest() {
        return starts.isEmpty() ? -1 : starts.lastKey();
    }

    /** Takes note that {@code epoch} begins at {@code offset}. Until it is {@link #written} the batches there tell. */
    void begin(int epoch, long offset) {
        if (epoch < 0 || epoch <= latest()) {
            return;
        }
        // An epoch that wrote nothing before this one began never was.
        starts.values().removeIf(start -> start >= offset);
        starts.put(epoch, offset);
        version++;
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
        Map.Entry<Integer, Long> first = null;
        while (!starts.isEmpty() && starts.firstEntry().getValue() <= startOffset) {
            first = starts.pollFirstEntry();
        }
        if (first != null) {
            starts.put(first.getKey(), startOffset);
            write();
        }
    }

    PartitionLog.EpochEnd endOf(int epoch, long logEnd) {
        if (starts.isEmpty() || epoch < 0 || epoch > starts.lastKey()) {
            return new PartitionLog.EpochEnd(-1, -1);
        }
        if (epoch == starts.lastKey()) {
            return new PartitionLog.EpochEnd(epoch, logEnd);
        }
        Map.Entry<Integer, Long> floor = starts.floorEntry(epoch);
        Map.Entry<Integer, Long> higher = starts.higherEntry(epoch);
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
        if (starts.values().removeIf(start -> start >= endOffset && endOffset > 0)) {
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
