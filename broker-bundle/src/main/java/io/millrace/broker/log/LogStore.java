package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanerHost;
import java.io.IOException;
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
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
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
    /** Where logs ended that were closed in order, so that nobody has to look. */
    private static final String END_OFFSETS = "log-end-offset-checkpoint";
    private static final Pattern PARTITION = Pattern.compile(".+-\\d{1,9}");
    private static final int OPEN_SEGMENTS = 1000;

    private final Path folder;
    private final LogStoreConfig settings;
    private final Clock clock;
    private volatile long producerExpirationMs;
    private final FileChannel lockFile;
    /** What the file of recovery points holds; guarded by this. */
    private Map<TopicPartition, Long> storedPoints = Map.of();
    private final DiskSpace space;
    private final List<Runnable> spaceListeners = new CopyOnWriteArrayList<>();
    private final GroupCommit groupCommit = new GroupCommit();
    private final OpenSegments openSegments = new OpenSegments(OPEN_SEGMENTS);
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor housekeeping = new ScheduledThreadPoolExecutor(1,
            Thread.ofPlatform().name("log-housekeeping").daemon().factory());

    private LogStore(Path folder, LogStoreConfig settings, Clock clock, FileChannel lockFile) {
        this.folder = folder;
        this.settings = settings;
        this.producerExpirationMs = settings.producerExpiration().toMillis();
        this.clock = clock;
        this.lockFile = lockFile;
        this.space = new DiskSpace(folder, settings.diskReserve());
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
            store.space.look();
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
        Map<TopicPartition, Long> ends = clean && Files.exists(endOffsets().file()) ? endOffsets().read() : null;
        Files.deleteIfExists(endOffsets().file());
        List<Path> found = new ArrayList<>();
        try (var folders = Files.newDirectoryStream(folder)) {
            folders.forEach(found::add);
        }
        long began = System.nanoTime();
        List<Callable<Void>> openings = new ArrayList<>();
        for (Path each : found) {
            String name = each.getFileName().toString();
            if (name.endsWith("-delete")) {
                removeTree(each);
            } else if (name.endsWith(STRAY)) {
                LOG.warn("{}: was set aside by an earlier start and is not read", each);
            } else if (PARTITION.matcher(name).matches()) {
                openings.add(() -> {
                    load(new PartitionFolder(each), partitionOf(name), clean, recoveryPoints, ends);
                    return null;
                });
            }
        }
        inParallel(openings);
        if (!openings.isEmpty()) {
            LOG.info("{}: {} logs {} in {} ms", folder, logs.size(), clean ? "opened" : "recovered after an unclean stop",
                    (System.nanoTime() - began) / 1_000_000);
        }
    }

    private static TopicPartition partitionOf(String folderName) {
        int dash = folderName.lastIndexOf('-');
        return new TopicPartition(folderName.substring(0, dash), Integer.parseInt(folderName.substring(dash + 1)));
    }

    private void load(PartitionFolder files, TopicPartition partition, boolean clean, Map<TopicPartition, Long> recoveryPoints,
            Map<TopicPartition, Long> ends) throws IOException {
        if (!files.isPartition()) {
            return;
        }
        SegmentedLog log = log(files, partition, files.topicId(), LogConfig.of(Map.of(), settings.topicDefaults()));
        // A store that was closed in order names the logs that were; one that Kafka closed has no such list, and all of them were.
        boolean closed = clean && (ends == null || ends.containsKey(partition));
        long end = ends == null ? -1 : ends.getOrDefault(partition, -1L);
        log.open(new LogRecovery.Known(closed, recoveryPoints.getOrDefault(partition, 0L), files.startOffset(), end));
        logs.put(partition, log);
    }

    private SegmentedLog log(PartitionFolder files, TopicPartition partition, Uuid topicId, LogConfig config) throws IOException {
        SegmentedLog log = new SegmentedLog(files.path(), partition, topicId, config, clock, groupCommit, openSegments, space);
        log.producerExpiration(producerExpirationMs);
        return log;
    }

    /** On threads of its own: they touch files, so nobody may interrupt them. */
    private static void inParallel(List<Callable<Void>> tasks) throws IOException {
        int threads = Math.min(tasks.size(), Runtime.getRuntime().availableProcessors());
        if (threads == 0) {
            return;
        }
        try (ExecutorService openers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("log-opener-", 0).factory())) {
            List<Future<Void>> results = new ArrayList<>();
            tasks.forEach(task -> results.add(openers.submit(task)));
            for (Future<Void> result : results) {
                try {
                    result.get();
                } catch (ExecutionException failed) {
                    switch (failed.getCause()) {
                        case IOException unreadable -> throw unreadable;
                        case RuntimeException broken -> throw broken;
                        default -> throw new IOException(failed.getCause());
                    }
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the logs were being opened", stopped);
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

    interface Housekeeping {
        void run() throws IOException;
    }

    private void checkpoint() throws IOException {
        if (space.look()) {
            spaceListeners.forEach(Runnable::run);
        }
        for (SegmentedLog log : logs.values()) {
            if (log.recoveryPoint() < log.endOffset()) {
                try {
                    log.checkpoint();
                } catch (IOException | RuntimeException e) {
                    tell(log.folder(), e);
                }
            }
        }
        try {
            writeRecoveryPoints();
        } catch (IOException e) {
            tell(recoveryPoints().file(), e);
        }
    }

    /** What a checkpoint cannot write, the next start reads the log for. A full disk was told of once. */
    private void tell(Path where, Exception e) {
        if (space.isScarce()) {
            LOG.debug("{}: not written, the disk is full: {}", where, e.toString());
        } else {
            LOG.warn("{}: what makes the next start quick cannot be written, it is tried again: {}", where, e.toString());
        }
    }

    /** @throws KafkaStorageException if the disk is too full for new logs */
    public void checkSpace() {
        space.check();
    }

    /** Called on the housekeeping's thread when a disk that was full has space again. */
    public void onSpace(Runnable listener) {
        spaceListeners.add(listener);
    }

    private synchronized void writeRecoveryPoints() throws IOException {
        Map<TopicPartition, Long> points = new HashMap<>();
        logs.forEach((partition, log) -> points.put(partition, log.recoveryPoint()));
        if (points.equals(storedPoints)) {
            return;
        }
        recoveryPoints().write(points);
        storedPoints = points;
    }

    private OffsetCheckpoint recoveryPoints() {
        return new OffsetCheckpoint(folder.resolve(RECOVERY_POINTS));
    }

    private OffsetCheckpoint endOffsets() {
        return new OffsetCheckpoint(folder.resolve(END_OFFSETS));
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

    /** The store's compacted logs, for a {@link io.millrace.broker.log.clean.LogCleaner}, which is to be closed before the store. */
    public CleanerHost compactedLogs() {
        return new CompactedLogs(this);
    }

    /** Runs it when nobody can be reading the log's files any more that were replaced now. */
    void deleteLater(SegmentedLog log, Housekeeping removal) {
        housekeeping.schedule(guarded(removal), log.limits().fileDeleteDelayMs(), TimeUnit.MILLISECONDS);
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
            SegmentedLog log = log(new PartitionFolder(logFolder), partition, topicId, config);
            log.open(LogRecovery.Known.NEW);
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

    /** After how many milliseconds idle producers are forgotten, from now on. */
    public void producerExpiration(long millis) {
        producerExpirationMs = millis;
        logs.values().forEach(log -> log.producerExpiration(millis));
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
                log.abandon();
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
            log.abandon();
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

    /**
     * Brings everything to disk and marks the folder as closed in order, so that the next start scans nothing. What cannot be written, because
     * the disk is full or failed, the next start finds out.
     */
    @Override
    public void close() {
        housekeeping.shutdown();
        try {
            housekeeping.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            for (SegmentedLog log : logs.values()) {
                log.close();
            }
            writeRecoveryPoints();
            Map<TopicPartition, Long> ends = new HashMap<>();
            logs.forEach((partition, log) -> {
                if (log.isComplete()) {
                    ends.put(partition, log.endOffset());
                }
            });
            endOffsets().write(ends);
            DurableFile.replace(folder.resolve(CLEAN), "{\"version\":0,\"brokerEpoch\":-1}");
        } catch (IOException e) {
            LOG.warn("the logs in {} could not be closed in order, they are recovered at the next start: {}", folder, e.toString());
        } finally {
            groupCommit.close();
            closeQuietly(lockFile);
        }
    }
}
