package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is in a log folder, by Kafka's names: folders of partitions, those on their way in or out, and what tells a start how the last stop went. */
final class LogDirFiles {

    private static final Logger LOG = LoggerFactory.getLogger(LogDirFiles.class);
    private static final String CLEAN = ".kafka_cleanshutdown";
    private static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
    /** Where logs ended that were closed in order, so that nobody has to look. */
    private static final String END_OFFSETS = "log-end-offset-checkpoint";
    private static final String DELETED = "-delete";
    private static final String STRAY = "-stray";
    /** A partition on its way to this folder, as Kafka calls it. */
    private static final String FUTURE = "-future";
    private static final Pattern PARTITION = Pattern.compile(".+-\\d{1,9}");

    private final Path path;

    LogDirFiles(Path path) {
        this.path = path;
    }

    /**
     * What a start finds.
     *
     * @param clean          whether the folder was closed in order
     * @param closedAt       when that was; null if it was not
     * @param recoveryPoints by partition
     * @param ends           of logs that were closed in order; null if there is no such list
     * @param partitions     folders of logs
     * @param arriving       copies of partitions that were on their way here, unfinished
     */
    record Found(boolean clean, FileTime closedAt, Map<TopicPartition, Long> recoveryPoints, Map<TopicPartition, Long> ends, List<PartitionFolder> partitions,
                 Map<TopicPartition, Path> arriving) {

        LogRecovery.Known known(TopicPartition partition, PartitionFolder files) throws IOException {
            // A store that was closed in order names the logs that were; one that Kafka closed has no such list, and all of them were.
            boolean closed = clean && (ends == null || ends.containsKey(partition) && !isChanged(files.path()));
            long end = ends == null ? -1 : ends.getOrDefault(partition, -1L);
            return new LogRecovery.Known(closed, recoveryPoints.getOrDefault(partition, 0L), files.startOffset(), end);
        }

        /** Whether files came, went or were renamed: where their log ends is not known then. */
        private boolean isChanged(Path partition) throws IOException {
            boolean changed = Files.getLastModifiedTime(partition).compareTo(closedAt) > 0;
            if (changed) {
                LOG.warn("{}: files in it were replaced since the node was stopped; the log is recovered from what is there", partition);
            }
            return changed;
        }
    }

    /** Looks what is there, and finishes what was being deleted. */
    Found look() throws IOException {
        Path marker = path.resolve(CLEAN);
        FileTime closedAt = Files.exists(marker) ? Files.getLastModifiedTime(marker) : null;
        boolean clean = Files.deleteIfExists(marker);
        Map<TopicPartition, Long> recoveryPoints = recoveryPoints().read();
        Map<TopicPartition, Long> ends = clean && Files.exists(endOffsets().file()) ? endOffsets().read() : null;
        Files.deleteIfExists(endOffsets().file());
        Found found = new Found(clean, closedAt, recoveryPoints, ends, new ArrayList<>(), new HashMap<>());
        List<Path> folders = new ArrayList<>();
        try (var all = Files.newDirectoryStream(path)) {
            all.forEach(folders::add);
        }
        for (Path each : folders) {
            String name = each.getFileName().toString();
            if (name.endsWith(DELETED)) {
                removeTree(each);
            } else if (name.endsWith(STRAY)) {
                LOG.warn("{}: was set aside by an earlier start and is not read", each);
            } else if (name.endsWith(FUTURE) && name.indexOf('.') > 0) {
                found.arriving.put(partitionOf(name.substring(0, name.lastIndexOf('.'))), each);
            } else if (PARTITION.matcher(name).matches() && new PartitionFolder(each).isPartition()) {
                found.partitions.add(new PartitionFolder(each));
            }
        }
        return found;
    }

    /** The folder was closed in order; {@code ends} of the logs that were. Durable on return. */
    void markClean(Map<TopicPartition, Long> ends) throws IOException {
        endOffsets().write(ends);
        DurableFile.replace(path.resolve(CLEAN), "{\"version\":0,\"brokerEpoch\":-1}");
    }

    static TopicPartition partitionOf(String folderName) {
        int dash = folderName.lastIndexOf('-');
        return new TopicPartition(folderName.substring(0, dash), Integer.parseInt(folderName.substring(dash + 1)));
    }

    OffsetCheckpoint recoveryPoints() {
        return new OffsetCheckpoint(path.resolve(RECOVERY_POINTS));
    }

    OffsetCheckpoint endOffsets() {
        return new OffsetCheckpoint(path.resolve(END_OFFSETS), true);
    }

    /** Makes the folder of an empty log. Durable once the log was opened and {@link #add} has returned. */
    PartitionFolder make(TopicPartition partition, Uuid topicId) throws IOException {
        PartitionFolder files = new PartitionFolder(path.resolve(partition.toString()));
        if (files.isPartition() && isOfAnother(files, topicId)) {
            LOG.warn("{} is of a topic that was deleted; it is set aside as {}", files.path(), setAside(files.path(), partition));
        }
        Files.createDirectories(files.path());
        files.writeTopicId(topicId);
        return files;
    }

    private static boolean isOfAnother(PartitionFolder files, Uuid topicId) {
        try {
            return !files.topicId().equals(topicId);
        } catch (IOException damaged) {
            LOG.warn("{}; it is taken to be topic {}, whose name it has", damaged.getMessage(), topicId);
            return false;
        }
    }

    Path futureOf(TopicPartition partition) {
        return path.resolve(partition + "." + Uuid.randomUuid() + FUTURE);
    }

    /** Takes a log's folder away, durably on return; what is in it stays. @return the folder's new name */
    Path markDeleted(Path folder, TopicPartition partition) throws IOException {
        return rename(folder, partition, DELETED);
    }

    /** Keeps the files for somebody to look at. @return the folder's new name, durable */
    Path setAside(Path folder, TopicPartition partition) throws IOException {
        return rename(folder, partition, STRAY);
    }

    private Path rename(Path folder, TopicPartition partition, String suffix) throws IOException {
        Path renamed = path.resolve(partition + "." + Uuid.randomUuid() + suffix);
        Files.move(folder, renamed, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncFolder(path);
        return renamed;
    }

    static void removeTree(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(root);
    }
}
