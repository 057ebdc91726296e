package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of one partition, by Kafka's names. */
record PartitionFolder(Path path) {

    private static final Logger LOGGER = LoggerFactory.getLogger(PartitionFolder.class);
    private static final int DIGITS = 20;
    private static final String METADATA = "partition.metadata";
    private static final String START_OFFSET = "log-start-offset";
    private static final String EPOCHS = "leader-epoch-checkpoint";
    private static final String LOG = ".log";
    private static final List<String> INDEXES = List.of(".index", ".timeindex", ".txnindex");
    private static final String SNAPSHOT = ".snapshot";

    static String name(long offset) {
        return String.format("%020d", offset);
    }

    boolean isPartition() {
        return Files.exists(path.resolve(METADATA));
    }

    Uuid topicId() throws IOException {
        Path file = path.resolve(METADATA);
        for (String line : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList()) {
            if (line.startsWith("topic_id: ")) {
                try {
                    return Uuid.fromString(line.substring("topic_id: ".length()).trim());
                } catch (IllegalArgumentException damaged) {
                    throw new IOException(file + " has no readable topic_id: " + damaged.getMessage(), damaged);
                }
            }
        }
        throw new IOException(file + " has no topic_id");
    }

    /** Durable after the next sync of this folder. */
    void writeTopicId(Uuid topicId) throws IOException {
        DurableFile.put(path.resolve(METADATA), ByteBuffer.wrap(("version: 0\ntopic_id: " + topicId + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    /** 0 if there is none, or one that is not as it was written. */
    long startOffset() throws IOException {
        Path file = path.resolve(START_OFFSET);
        if (!Files.exists(file)) {
            return 0;
        }
        String[] parts = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).trim().split(" ");
        try {
            long offset = Long.parseLong(parts[0]);
            if (offset >= 0 && (parts.length == 1 || parts[1].equals(DurableFile.checksum(parts[0])))) {
                return offset;
            }
        } catch (NumberFormatException damaged) {
            LOGGER.debug("{}: {}", file, damaged.getMessage());
        }
        LOGGER.warn("{} is damaged and is not believed: records that were deleted from the start of the log may be there again", file);
        return 0;
    }

    void writeStartOffset(long offset) throws IOException {
        DurableFile.replace(path.resolve(START_OFFSET), offset + " " + DurableFile.checksum(Long.toString(offset)));
    }

    boolean hasSegments() throws IOException {
        return !content().logs.isEmpty();
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

    /**
     * What is in the folder.
     *
     * @param logs      base offsets of the segments, in order
     * @param snapshots offsets of the producer snapshots, in order
     */
    record Content(List<Long> logs, List<Long> snapshots) {}

    /** Looks once, and removes what a crash left of files that were to be removed or to be renamed. */
    Content content() throws IOException {
        Content content = new Content(new ArrayList<>(), new ArrayList<>());
        List<Path> leftovers = new ArrayList<>();
        List<Path> indexes = new ArrayList<>();
        boolean swapping = false;
        try (var files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(LOG)) {
                    add(content.logs, name, LOG);
                } else if (name.endsWith(SNAPSHOT)) {
                    add(content.snapshots, name, SNAPSHOT);
                } else if (name.endsWith(".deleted") || name.endsWith(".tmp")) {
                    leftovers.add(file);
                } else if (INDEXES.stream().anyMatch(name::endsWith)) {
                    indexes.add(file);
                } else {
                    swapping |= SegmentSwap.isUnfinished(name);
                }
            }
        }
        for (Path leftover : leftovers) {
            Files.deleteIfExists(leftover);
        }
        if (swapping) {
            SegmentSwap.recover(this, content.logs);
            return content();
        }
        removeOrphans(indexes, content.logs);
        content.logs.sort(Comparator.naturalOrder());
        content.snapshots.sort(Comparator.naturalOrder());
        return content;
    }

    /** A segment loses its log first, and the rest a while later. */
    private static void removeOrphans(List<Path> indexes, List<Long> logs) throws IOException {
        Set<String> present = logs.stream().map(PartitionFolder::name).collect(Collectors.toSet());
        for (Path index : indexes) {
            String name = index.getFileName().toString();
            if (!present.contains(name.substring(0, name.lastIndexOf('.')))) {
                Files.deleteIfExists(index);
            }
        }
    }

    /** Files of other names are not ours. */
    private static void add(List<Long> offsets, String name, String suffix) {
        String digits = name.substring(0, name.length() - suffix.length());
        if (digits.length() == DIGITS && digits.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
            try {
                offsets.add(Long.parseLong(digits));
            } catch (NumberFormatException tooLarge) {
                LOGGER.warn("{}: is not read, no offset is that large", name);
            }
        }
    }
}
