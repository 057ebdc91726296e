package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Where each leader epoch began (KIP-101), kept in Kafka's {@code leader-epoch-checkpoint}. Callers serialise. */
final class LeaderEpochs {

    private Path file;
    private final TreeMap<Integer, Long> starts = new TreeMap<>();

    LeaderEpochs(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            List<String> lines = Files.readAllLines(file);
            for (String line : lines.subList(Math.min(2, lines.size()), lines.size())) {
                String[] parts = line.trim().split(" ");
                if (parts.length == 2) {
                    starts.put(Integer.parseInt(parts[0]), Long.parseLong(parts[1]));
                }
            }
        }
    }

    /** Goes on in another file, which has what this one has. */
    void moveTo(Path copy) {
        file = copy;
    }

    int latest() {
        return starts.isEmpty() ? -1 : starts.lastKey();
    }

    /** Takes note that {@code epoch} begins at {@code offset}; durable on return if it is new. */
    void begin(int epoch, long offset) throws IOException {
        if (epoch < 0 || epoch <= latest()) {
            return;
        }
        // An epoch that wrote nothing before this one began never was.
        starts.values().removeIf(start -> start >= offset);
        starts.put(epoch, offset);
        try {
            write();
        } catch (IOException e) {
            starts.remove(epoch);
            throw e;
        }
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
        List<String> lines = new ArrayList<>(List.of("0", Integer.toString(starts.size())));
        starts.forEach((epoch, offset) -> lines.add(epoch + " " + offset));
        DurableFile.replace(file, String.join("\n", lines) + "\n");
    }
}
