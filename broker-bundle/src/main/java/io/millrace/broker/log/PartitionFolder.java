package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.Uuid;

/** The files of one partition, by Kafka's names. */
record PartitionFolder(Path path) {

    private static final String METADATA = "partition.metadata";
    private static final String START_OFFSET = "log-start-offset";
    private static final String EPOCHS = "leader-epoch-checkpoint";
    private static final String LOG = ".log";
    private static final String SNAPSHOT = ".snapshot";

    static String name(long offset) {
        return String.format("%020d", offset);
    }

    boolean isPartition() {
        return Files.exists(path.resolve(METADATA));
    }

    Uuid topicId() throws IOException {
        Path file = path.resolve(METADATA);
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("topic_id: ")) {
                return Uuid.fromString(line.substring("topic_id: ".length()).trim());
            }
        }
        throw new IOException(file + " has no topic_id");
    }

    void writeTopicId(Uuid topicId) throws IOException {
        DurableFile.replace(path.resolve(METADATA), "version: 0\ntopic_id: " + topicId + "\n");
    }

    long startOffset() throws IOException {
        Path file = path.resolve(START_OFFSET);
        return Files.exists(file) ? Long.parseLong(Files.readString(file).trim()) : 0;
    }

    void writeStartOffset(long offset) throws IOException {
        DurableFile.replace(path.resolve(START_OFFSET), Long.toString(offset));
    }

    Path leaderEpochs() {
        return path.resolve(EPOCHS);
    }

    Path log(long baseOffset) {
        return path.resolve(name(baseOffset) + LOG);
    }

    Path snapshot(long offset) {
        return path.resolve(name(offset) + SNAPSHOT);
    }

    /** Base offsets of the segments, in order. */
    List<Long> logs() throws IOException {
        return offsetsOf(LOG);
    }

    /** Offsets of the producer snapshots, in order. */
    List<Long> snapshots() throws IOException {
        return offsetsOf(SNAPSHOT);
    }

    private List<Long> offsetsOf(String suffix) throws IOException {
        List<Long> offsets = new ArrayList<>();
        try (var files = Files.list(path)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(suffix) && name.substring(0, name.length() - suffix.length()).chars().allMatch(Character::isDigit)) {
                    offsets.add(Long.parseLong(name.substring(0, name.length() - suffix.length())));
                }
            }
        }
        offsets.sort(Comparator.naturalOrder());
        return offsets;
    }

    /** Removes what a crash left of files that were to be removed or to be renamed. */
    void removeLeftovers() throws IOException {
        List<Path> leftovers = new ArrayList<>();
        try (var files = Files.list(path)) {
            files.filter(file -> file.toString().endsWith(".deleted") || file.toString().endsWith(".tmp")).forEach(leftovers::add);
        }
        for (Path leftover : leftovers) {
            Files.deleteIfExists(leftover);
        }
    }
}
