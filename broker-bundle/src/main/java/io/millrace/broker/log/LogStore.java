package io.millrace.broker.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition logs of one folder, in Kafka's layout. Owns the threads that flush, apply retention and delete. Thread-safe.
 */
public final class LogStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);
    private static final String CLEAN = ".kafka_cleanshutdown";
    private static final String STRAY = "-stray";
    private static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";

    private final Path folder;
    private final LogStoreConfig settings;
    private final Clock clock;
    private final FileChannel lockFile;
    /** What the file of recovery points holds; guarded by this. */
    private Map<TopicPartition, Long> storedPoints = Map.of();
    private final GroupCommit groupCommit = new GroupCommit();
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor housekeeping = new ScheduledThreadPoolExecutor(1,
            Thread.ofPlatform().name("log-housekeeping").daemon().factory());

    private LogStore(Path folder, LogStoreConfig settings, Clock clock, FileChannel lockFile) {
        this.folder = folder;
        this.settings = settings;
        this.clock = clock;
        this.lockFile = lockFile;
        // What waits to be deleted is found by the next start.
        housekeeping.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Opens every log in the folder and recovers those that were not closed in order. Blocks until all are ready.
     *
     * @throws IllegalStateException with one line for the user if the folder is in use, is no folder or cannot be written
     */
    public static LogStore open(Path folder, LogStoreConfig settings, Clock clock) {
        FileChannel lock;
        try {
            Files.createDirectories(folder);
            lock = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IllegalStateException("cannot write to the data folder " + folder + " (" + e + "); make it writable, or choose another with --data", e);
        }
        try {
            lock(folder, lock);
            LogStore store = new LogStore(folder, settings, clock, lock);
            store.load();
            store.schedule();
            return store;
        } catch (IOException e) {
            closeQuietly(lock);
            throw new IllegalStateException("cannot open the logs in " + folder + ": " + e + "; free space or repair the disk, then start again", e);
        } catch (RuntimeException e) {
            closeQuietly(lock);
            throw e;
        }
    }

    private static void lock(Path folder, FileChannel channel) throws IOException {
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.debug("{} is locked within this process", folder);
        }
        if (lock == null) {
            throw new IllegalStateException("the data folder " + folder + " is used by another Millrace; stop it, or choose another folder with --data");
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing the lock file", e);
        }
    }

    private void load() throws IOException {
        boolean clean = Files.deleteIfExists(folder.resolve(CLEAN));
        Map<TopicPartition, Long> recoveryPoints = recoveryPoints().read();
        storedPoints = recoveryPoints;
        List<Path> found = new ArrayList<>();
        try (Stream<Path> folders = Files.list(folder)) {
            folders.filter(Files::isDirectory).forEach(found::add);
        }
        for (Path each : found) {
            String name = each.getFileName().toString();
            if (name.endsWith("-delete")) {
                removeTree(each);
                continue;
            }
            if (name.endsWith(STRAY)) {
                LOG.warn("{}: was set aside by an earlier start and is not read", each);
                continue;
            }
            int dash = name.lastIndexOf('-');
            PartitionFolder partitionFolder = new PartitionFolder(each);
            if (dash <= 0 || !partitionFolder.isPartition()) {
                continue;
            }
            TopicPartition partition = new TopicPartition(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1)));
            Uuid id = partitionFolder.topicId();
            SegmentedLog log = new SegmentedLog(each, partition, id, LogConfig.of(Map.of(), settings.topicDefaults()), clock, groupCommit);
            log.producerExpiration(settings.producerExpiration().toMillis());
            log.open(clean, recoveryPoints.getOrDefault(partition, 0L), partitionFolder.startOffset());
            logs.put(partition, log);
        }
    }

    private void schedule() {
        long checkpoint = settings.checkpointInterval().toMillis();
        long retention = settings.retentionCheck().toMillis();
        housekeeping.scheduleWithFixedDelay(guarded(this::checkpoint), checkpoint, checkpoint, TimeUnit.MILLISECONDS);
        housekeeping.scheduleWithFixedDelay(guarded(this::applyRetention), retention, retention, TimeUnit.MILLISECONDS);
    }

    /** A scheduled task that throws would not run again. */
    private static Runnable guarded(Housekeeping task) {
        return () -> {
            try {
                task.run();
            } catch (IOException | RuntimeException e) {
                LOG.error("log housekeeping failed, it is tried again", e);
            }
        };
    }

    private interface Housekeeping {
        void run() throws IOException;
    }

    private void checkpoint() throws IOException {
        for (SegmentedLog log : logs.values()) {
            if (log.durableOffset() < log.endOffset()) {
                log.flush();
            }
        }
        writeRecoveryPoints();
    }

    /** A point is taken before the indexes are synced, so that those of every segment before it are among them. */
    private synchronized void writeRecoveryPoints() throws IOException {
        Map<TopicPartition, Long> points = new HashMap<>();
        logs.forEach((partition, log) -> points.put(partition, log.durableOffset()));
        if (points.equals(storedPoints)) {
            return;
        }
        for (SegmentedLog log : logs.values()) {
            log.syncIndexes();
        }
        recoveryPoints().write(points);
        storedPoints = points;
    }

    private OffsetCheckpoint recoveryPoints() {
        return new OffsetCheckpoint(folder.resolve(RECOVERY_POINTS));
    }

    /** Removes what retention no longer wants, now. */
    public void applyRetention() throws IOException {
        for (SegmentedLog log : logs.values()) {
            List<Segment> gone = log.retire(clock.millis());
            if (!gone.isEmpty()) {
                LOG.info("{}: {} segments are beyond retention, the log starts at {}", log.topicPartition(), gone.size(), log.startOffset());
                housekeeping.schedule(guarded(() -> {
                    for (Segment segment : gone) {
                        segment.delete();
                    }
                }), log.limits().fileDeleteDelayMs(), TimeUnit.MILLISECONDS);
            }
        }
    }

    /**
     * Makes an empty log. Durable on return.
     *
     * @throws KafkaStorageException if the disk refuses it
     */
    public synchronized PartitionLog create(TopicPartition partition, Uuid topicId, LogConfig config, int leaderEpoch) {
        SegmentedLog existing = logs.get(partition);
        if (existing != null) {
            if (!existing.topicId().equals(topicId)) {
                throw new KafkaStorageException(existing.folder() + " belongs to topic id " + existing.topicId() + ", not " + topicId);
            }
            existing.reconfigure(config);
            return existing;
        }
        Path logFolder = folder.resolve(partition.toString());
        try {
            Files.createDirectories(logFolder);
            new PartitionFolder(logFolder).writeTopicId(topicId);
            SegmentedLog log = new SegmentedLog(logFolder, partition, topicId, config, clock, groupCommit);
            log.producerExpiration(settings.producerExpiration().toMillis());
            log.open(true, 0, 0);
            DurableFile.syncFolder(folder);
            logs.put(partition, log);
            if (storedPoints.containsKey(partition)) {
                // Of a deleted topic of the same name: it would vouch for bytes of the new one that nobody synced.
                writeRecoveryPoints();
            }
            return log;
        } catch (IOException e) {
            throw new KafkaStorageException("the log " + logFolder + " cannot be made: " + e.getMessage(), e);
        }
    }

    public Optional<PartitionLog> log(TopicPartition partition) {
        return Optional.ofNullable(logs.get(partition));
    }

    public Collection<PartitionLog> logs() {
        return List.copyOf(logs.values());
    }

    /** Takes the log away. Durable on return; the files go after the delay that readers under way need. */
    public synchronized void delete(TopicPartition partition) {
        SegmentedLog log = logs.remove(partition);
        if (log == null) {
            return;
        }
        try {
            log.takeOffline();
            Path renamed = folder.resolve(partition.topic() + "-" + partition.partition() + "." + Uuid.randomUuid() + "-delete");
            Files.move(log.folder(), renamed, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncFolder(folder);
            housekeeping.schedule(guarded(() -> {
                log.close(false);
                removeTree(renamed);
            }), log.limits().fileDeleteDelayMs(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            throw new KafkaStorageException("the log " + log.folder() + " cannot be removed: " + e.getMessage(), e);
        }
    }

    /** Takes the log away and keeps its files, for somebody to look at. Durable on return. @return the folder's new name */
    public synchronized Path setAside(TopicPartition partition) {
        SegmentedLog log = logs.remove(partition);
        try {
            log.takeOffline();
            log.close(false);
            Path renamed = folder.resolve(partition.topic() + "-" + partition.partition() + "." + Uuid.randomUuid() + STRAY);
            Files.move(log.folder(), renamed, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncFolder(folder);
            return renamed;
        } catch (IOException e) {
            throw new KafkaStorageException("the log " + log.folder() + " cannot be set aside: " + e.getMessage(), e);
        }
    }

    private static void removeTree(Path root) throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(root);
    }

    public FlushTimes flushTimes() {
        return groupCommit.times();
    }

    public Path folder() {
        return folder;
    }

    /** Brings everything to disk and marks the folder as closed in order, so that the next start scans nothing. */
    @Override
    public void close() {
        housekeeping.shutdown();
        try {
            housekeeping.awaitTermination(10, TimeUnit.SECONDS);
            for (SegmentedLog log : logs.values()) {
                log.close(true);
            }
            writeRecoveryPoints();
            DurableFile.replace(folder.resolve(CLEAN), "");
        } catch (IOException e) {
            throw new UncheckedIOException("the logs in " + folder + " could not be closed in order; they are recovered at the next start", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            groupCommit.close();
            closeQuietly(lockFile);
        }
    }
}
