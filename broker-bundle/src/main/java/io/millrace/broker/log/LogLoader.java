package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a start finds in the log folders: opens the logs and recovers those that were not closed in order. For one start. */
final class LogLoader {

    private static final Logger LOG = LoggerFactory.getLogger(LogLoader.class);

    interface Maker {
        SegmentedLog make(LogDir dir, PartitionFolder files, TopicPartition partition, Uuid topicId) throws IOException;
    }

    /** A copy that was on its way to a folder when the node stopped. */
    record Arriving(TopicPartition partition, Path copy, LogDir to) {}

    private final List<LogDir> dirs;
    private final Map<TopicPartition, SegmentedLog> logs;
    private final Maker maker;
    private final List<SegmentedLog> doubles = new ArrayList<>();
    private final List<Arriving> arriving = new ArrayList<>();
    /** With a log that does not tell which topic it is of. */
    private final Set<LogDir> unknown = ConcurrentHashMap.newKeySet();
    private boolean clean = true;
    private int found;

    /** @param logs takes what is found, from several threads */
    LogLoader(List<LogDir> dirs, Map<TopicPartition, SegmentedLog> logs, Maker maker) {
        this.dirs = dirs;
        this.logs = logs;
        this.maker = maker;
    }

    /** Blocks until all are ready. A folder whose disk does not work is taken offline. @throws IOException if none is left */
    void load() throws IOException {
        List<Callable<Void>> openings = new ArrayList<>();
        for (LogDir dir : List.copyOf(dirs)) {
            if (!dir.isOnline()) {
                continue;
            }
            try {
                LogDirFiles.Found content = dir.look();
                clean &= content.clean();
                content.arriving().forEach((partition, copy) -> arriving.add(new Arriving(partition, copy, dir)));
                for (PartitionFolder files : content.partitions()) {
                    openings.add(() -> {
                        load(dir, files, content);
                        return null;
                    });
                }
            } catch (IOException e) {
                failed(dir, e);
            }
        }
        found = openings.size();
        LogOpeners.run(openings, Runtime.getRuntime().availableProcessors());
        for (LogDir dir : dirs) {
            // A log whose topic is not known yet is opened later, and may need the journal.
            if (!unknown.contains(dir)) {
                dropJournaled(dir);
            }
        }
        if (dirs.stream().noneMatch(LogDir::isOnline)) {
            throw new IOException("none of the log folders works");
        }
    }

    private void dropJournaled(LogDir dir) throws IOException {
        try {
            dir.dropJournaled();
        } catch (IOException e) {
            failed(dir, e);
        }
    }

    /** A folder that does not work is left out, unless there is no other. */
    private void failed(LogDir dir, IOException e) throws IOException {
        if (dirs.size() == 1) {
            throw e;
        }
        if (dir.isOnline()) {
            dir.fail(e);
        }
    }

    private void load(LogDir dir, PartitionFolder files, LogDirFiles.Found content) throws IOException {
        TopicPartition partition = LogDirFiles.partitionOf(files.path().getFileName().toString());
        Uuid topicId;
        try {
            topicId = files.topicId();
        } catch (IOException damaged) {
            LOG.error("{}; if there is a topic of that name, the log is taken to be its", damaged.getMessage());
            unknown.add(dir);
            return;
        }
        try {
            SegmentedLog log = maker.make(dir, files, partition, topicId);
            log.open(content.known(partition, files));
            dir.found(log);
            synchronized (doubles) {
                SegmentedLog other = logs.putIfAbsent(partition, log);
                if (other != null) {
                    doubles.add(log);
                }
            }
        } catch (IOException e) {
            failed(dir, e);
        } catch (KafkaStorageException e) {
            failed(dir, new IOException(e.getMessage(), e));
        }
    }

    /** How many folders of partitions there were. */
    int found() {
        return found;
    }

    /** Whether all log folders had been closed in order. */
    boolean isClean() {
        return clean;
    }

    /** Logs of partitions that another folder has, too. */
    List<SegmentedLog> doubles() {
        return doubles;
    }

    List<Arriving> arriving() {
        return arriving;
    }
}
