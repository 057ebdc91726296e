package io.millrace.broker.log;

import io.millrace.broker.log.journal.Journal;
import io.millrace.broker.log.journal.JournalContent;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One folder of partition logs, on a disk of its own where there are several: with what else that disk needs, its flushers, its housekeeping and
 * its checkpoints, so that no disk waits for another. When something on it fails, it is tried whether the disk works at all; if not, the folder
 * is offline until restart, with all of its logs. Thread-safe.
 */
final class LogDir {

    static final String KIND = "log folder";

    private static final Logger LOG = LoggerFactory.getLogger(LogDir.class);
    /** Threads that close logs: a disk serves many syncs at once about as fast as one. */
    private static final int CLOSERS = 16;
    /** How long a stop may write for the next start to be quick. */
    private static final long CLOSING_NANOS = TimeUnit.MILLISECONDS.toNanos(2_000);

    private final Path path;
    private final DiskSpace space;
    private final GroupCommit groupCommit;
    private final LogDirFiles files;
    private final LogHousekeeping housekeeping;
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final LogDirCheckpoint checkpoint;
    private final DiskProbe probe;
    /** Null if the folder could not be opened; so is what commits. */
    private final FileChannel lock;
    private volatile KafkaStorageException failure;
    /** What the last run left in the journal, as long as a log may ask for it. */
    private volatile JournalContent journaled;

    private LogDir(Path path, FileChannel lock, DiskSpace space, FlushTimes times, Journal journal) {
        this.path = path;
        this.lock = lock;
        this.space = space;
        this.files = new LogDirFiles(path);
        this.housekeeping = new LogHousekeeping(path);
        this.checkpoint = new LogDirCheckpoint(files.recoveryPoints(), logs.values(), space, this::suspect);
        this.probe = new DiskProbe(path, this::fail);
        this.groupCommit = lock == null ? null : new GroupCommit(times, journal, this::suspect);
    }

    /**
     * Takes possession of the folder.
     *
     * @throws IllegalStateException with one line for the user if it is another's
     * @throws IOException           if its disk does not work
     */
    static LogDir open(Path path, LogDirRegistry registry, LogStoreConfig settings, FlushTimes times) throws IOException {
        Files.createDirectories(path);
        FileChannel lock = FileChannel.open(path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!isLocked(lock)) {
                throw new IllegalStateException("the log folder " + path + " is used by another Millrace; stop it, or choose another folder with --data"
                        + " or in log.dirs");
            }
            registry.admit(path);
            DiskSpace space = new DiskSpace(path, settings.diskReserve());
            space.look();
            return new LogDir(path, lock, space, times, settings.journalBytes() == 0 ? null : new Journal(path, settings.journalBytes()));
        } catch (IOException | RuntimeException e) {
            closeQuietly(lock);
            throw e;
        }
    }

    /** A folder that cannot be used. */
    static LogDir failed(Path path, Exception cause) {
        LogDir dir = new LogDir(path, null, new DiskSpace(path, 0), null, null);
        dir.housekeeping.stop();
        dir.fail(cause);
        return dir;
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing the lock file", e);
        }
    }

    /** Looks what is there, and finishes what was being deleted. */
    LogDirFiles.Found look() throws IOException {
        LogDirFiles.Found found = files.look();
        journaled = JournalContent.read(path);
        checkpoint.begin(found.recoveryPoints());
        return found;
    }

    /** What a log that is opened may have lost from its own files. */
    List<JournalContent.Stretch> journaled(Uuid topicId, int partition) {
        JournalContent content = journaled;
        return content == null ? List.of() : content.of(topicId, partition);
    }

    /** All logs were opened: what the last run's journal had is in their own files. */
    void dropJournaled() throws IOException {
        if (failure == null && journaled != null && logs.values().stream().allMatch(SegmentedLog::isOnline)) {
            journaled.delete();
            journaled = null;
        }
    }

    /** @param onSpace is run when the disk has space again that had none */
    void start(LogStoreConfig settings, Runnable onSpace, LogHousekeeping.Task retention) {
        housekeeping.every(settings.checkpointInterval().toMillis(), () -> {
            if (space.look()) {
                onSpace.run();
            }
            if (failure == null) {
                checkpoint.run();
            }
        });
        housekeeping.every(settings.retentionCheck().toMillis(), retention);
    }

    LogHousekeeping housekeeping() {
        return housekeeping;
    }

    LogDirFiles files() {
        return files;
    }

    LogDirCheckpoint checkpoint() {
        return checkpoint;
    }

    void add(List<SegmentedLog> added) throws IOException {
        DurableFile.syncFolder(path);
        added.forEach(log -> logs.put(log.topicPartition(), log));
        checkpoint.begun(added);
    }

    /** Takes in a log whose folder was here at the start. */
    void found(SegmentedLog log) {
        logs.put(log.topicPartition(), log);
    }

    void remove(SegmentedLog log) {
        logs.remove(log.topicPartition(), log);
    }

    /** Takes a log away and keeps its files, for somebody to look at. Durable on return. @return the folder's new name */
    Path setAside(SegmentedLog log) {
        remove(log);
        log.delete();
        log.abandon();
        try {
            return files.setAside(log.folder(), log.topicPartition());
        } catch (IOException e) {
            throw new KafkaStorageException("the log " + log.folder() + " cannot be set aside: " + e.getMessage(), e);
        }
    }

    int count() {
        return logs.size();
    }

    Collection<SegmentedLog> logs() {
        return logs.values();
    }

    /** Takes a log's folder away, durably on return; its files go after the delay that readers under way need. */
    void delete(Path folder, TopicPartition partition, long delayMs, Runnable before) throws IOException {
        Path renamed = files.markDeleted(folder, partition);
        housekeeping.later(delayMs, () -> {
            before.run();
            LogDirFiles.removeTree(renamed);
        });
    }

    /** Something here failed: looks, in the background, whether anything works. */
    void suspect(Exception cause) {
        if (failure == null) {
            probe.begin(cause);
        }
    }

    /** Takes the folder and all of its logs offline, until restart: what is on the disk is unknown. */
    void fail(Exception cause) {
        KafkaStorageException offline = new KafkaStorageException("the log folder " + path + " is offline until restart: "
                + (cause.getMessage() == null ? cause.toString() : cause.getMessage()), cause);
        failure = offline;
        LOG.error("{}; repair or replace its disk, then restart. The {} partitions there are refused, the others go on", offline.getMessage(), logs.size());
        logs.values().forEach(log -> log.availability().fail(offline));
    }

    boolean isOnline() {
        return failure == null;
    }

    /** Why it is offline, or null. */
    KafkaStorageException offline() {
        return failure;
    }

    /** What keeps its logs from serving, if anything does. */
    Optional<LogTrouble> trouble() {
        if (failure != null) {
            return Optional.of(new LogTrouble(KIND, path.toString(), true, failure.getMessage() + "; repair or replace its disk, then restart"));
        }
        return space.scarcity().map(reason -> new LogTrouble(KIND, path.toString(), false, reason));
    }

    Path path() {
        return path;
    }

    DiskSpace space() {
        return space;
    }

    GroupCommit groupCommit() {
        return groupCommit;
    }

    /** Brings everything to disk and marks the folder as closed in order. What cannot be written, the next start finds out. */
    void close() {
        housekeeping.stop();
        housekeeping.await(10);
        try {
            closeLogs();
            if (failure == null) {
                checkpoint.write(Map.of());
                Map<TopicPartition, Long> ends = new HashMap<>();
                logs.forEach((partition, log) -> {
                    if (log.checkpoint().isComplete()) {
                        ends.put(partition, log.endOffset());
                    }
                });
                files.markClean(ends);
            }
        } catch (IOException e) {
            LOG.warn("the logs in {} could not be closed in order, they are recovered at the next start: {}", path, e.toString());
        } finally {
            release();
        }
    }

    private void closeLogs() {
        long deadline = System.nanoTime() + CLOSING_NANOS;
        int threads = Math.min(CLOSERS, logs.size());
        if (threads == 0) {
            return;
        }
        try (ExecutorService closers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("log-closer-", 0).factory())) {
            logs.values().forEach(log -> closers.execute(() -> {
                // What comes too late is recovered at the next start, which is little: most of it was written while there was time.
                if (System.nanoTime() < deadline) {
                    log.close();
                } else {
                    log.abandon();
                }
            }));
        }
    }

    /** Lets go of the folder without writing anything. */
    void release() {
        housekeeping.stop();
        if (groupCommit != null) {
            groupCommit.close();
        }
        if (lock != null) {
            closeQuietly(lock);
        }
    }
}
