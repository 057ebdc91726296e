package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanerHost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition logs of this node, in Kafka's layout, in one folder or in several, of which one may fail without the others. Thread-safe: which logs
 * there are changes with the monitor held, and is seen by all at once.
 */
public final class LogStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);
    private static final int OPEN_SEGMENTS = 1000;
    /** Threads that make logs: a disk serves many syncs at once about as fast as one. */
    private static final int CREATORS = 16;
    /** What the files of an empty log take of a disk. */
    private static final int NEW_LOG_BYTES = 16 * 1024;

    private final LogDirSet dirs;
    private final Clock clock;
    private final FlushTimes flushTimes;
    private final LogMoves moves;
    private final LogPlacement placement;
    private final LogRetention retention;
    private final OpenSegments openSegments = new OpenSegments(OPEN_SEGMENTS);
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    private final List<Runnable> spaceListeners = new CopyOnWriteArrayList<>();
    private final DoubleLogs doubles;
    /** A log that is nowhere may be in a folder that is not here. */
    private final boolean incomplete;
    private volatile long producerExpirationMs;

    private LogStore(LogDirSet dirs, LogDirs where, LogStoreConfig settings, FlushTimes flushTimes, Clock clock) throws IOException {
        this.dirs = dirs;
        this.clock = clock;
        this.flushTimes = flushTimes;
        this.moves = new LogMoves(where.moveBytesPerSecond());
        this.placement = new LogPlacement(dirs, moves, where.cordoned());
        this.retention = new LogRetention(clock);
        this.producerExpirationMs = settings.producerExpiration().toMillis();
        this.doubles = load(settings);
        this.incomplete = dirs.isIncomplete();
    }

    /** Opens the logs of a single folder that belongs to nobody else. */
    public static LogStore open(Path folder, LogStoreConfig settings, Clock clock) {
        return open(LogDirs.of(folder), settings, clock);
    }

    /**
     * Opens every log in the folders and recovers those that were not closed in order. Blocks until all are ready. A folder whose disk does not
     * work is left out as long as there is another one.
     *
     * @throws IllegalStateException with one line for the user if a folder is in use or another node's, or none can be used
     */
    public static LogStore open(LogDirs where, LogStoreConfig settings, Clock clock) {
        try {
            FlushTimes flushTimes = new FlushTimes();
            LogDirSet dirs = LogDirSet.open(where, settings, flushTimes);
            try {
                LogStore store = new LogStore(dirs, where, settings, flushTimes, clock);
                dirs.online().forEach(dir -> dir.start(settings, store::tellOfSpace, () -> store.retention.apply(dir)));
                return store;
            } catch (IOException | RuntimeException e) {
                dirs.release();
                throw e;
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot open the logs in " + where.folders() + ": " + e + "; free space or repair the disk, then start again", e);
        }
    }

    private DoubleLogs load(LogStoreConfig settings) throws IOException {
        LogConfig usual = LogConfig.of(Map.of(), settings.topicDefaults());
        // Until the log's topic is known.
        LogLoader loader = new LogLoader(dirs.all(), logs, (dir, files, partition, topicId) -> log(dir, files, partition, topicId, usual));
        long began = System.nanoTime();
        loader.load();
        if (loader.found() > 0) {
            LOG.info("{}: {} logs {} in {} ms", dirs, logs.size(), loader.isClean() ? "opened" : "recovered after an unclean stop",
                    (System.nanoTime() - began) / 1_000_000);
        }
        loader.arriving().forEach(arriving -> moves.resume(logs.get(arriving.partition()), arriving));
        return new DoubleLogs(loader.doubles());
    }

    private SegmentedLog log(LogDir dir, PartitionFolder files, TopicPartition partition, Uuid topicId, LogConfig config) throws IOException {
        return new SegmentedLog(files, partition, topicId, config, clock, dir, openSegments, producerExpirationMs);
    }

    /**
     * Decides which of the logs that two folders have of one partition is the partition's; the other one is set aside.
     *
     * @param topicIds the id of a topic, if there is one
     */
    public synchronized void settleDoubles(Function<String, Optional<Uuid>> topicIds) {
        doubles.settle(logs, topicIds);
    }

    /** @throws KafkaStorageException if there is no disk with space for new logs */
    public void checkSpace() {
        placement.best(Map.of()).space().check();
    }

    /** Called when a disk that was full has space again, on a thread that should not be kept. */
    public void onSpace(Runnable listener) {
        spaceListeners.add(listener);
    }

    private void tellOfSpace() {
        spaceListeners.forEach(Runnable::run);
    }

    /** Removes what retention no longer wants, now. */
    public void applyRetention() {
        dirs.all().forEach(retention::apply);
    }

    /** The store's compacted logs, for a {@link io.millrace.broker.log.clean.LogCleaner}, which is to be closed before the store. */
    public CleanerHost compactedLogs() {
        return new CompactedLogs(logs.values());
    }

    /** Makes one log, as {@link #create(List, Uuid, LogConfig)} does. */
    public PartitionLog create(TopicPartition partition, Uuid topicId, LogConfig config, int leaderEpoch) {
        return create(List.of(partition), topicId, config).getFirst();
    }

    /**
     * Makes empty logs of a topic, each in the folder with the fewest partitions unless one was chosen for it. Those that are there are taken.
     * Durable on return.
     *
     * @return the logs in the order of the partitions
     * @throws KafkaStorageException if the disk refuses one
     */
    public synchronized List<PartitionLog> create(List<TopicPartition> partitions, Uuid topicId, LogConfig config) {
        Map<LogDir, List<TopicPartition>> missing = new LinkedHashMap<>();
        for (TopicPartition partition : partitions) {
            SegmentedLog existing = logs.get(partition);
            if (existing == null) {
                missing.computeIfAbsent(placement.choose(partition, missing), _ -> new ArrayList<>()).add(partition);
            } else if (existing.topicId().equals(topicId)) {
                existing.reconfigure(config);
            } else {
                throw new KafkaStorageException(existing.folder() + " belongs to topic id " + existing.topicId() + ", not " + topicId);
            }
        }
        missing.forEach((dir, those) -> create(dir, those, topicId, config));
        return partitions.stream().<PartitionLog>map(logs::get).toList();
    }

    private void create(LogDir dir, List<TopicPartition> partitions, Uuid topicId, LogConfig config) {
        List<SegmentedLog> made = Collections.synchronizedList(new ArrayList<>());
        List<Callable<Void>> makings = new ArrayList<>();
        for (TopicPartition partition : partitions) {
            makings.add(() -> {
                PartitionFolder files = dir.files().make(partition, topicId);
                SegmentedLog log = log(dir, files, partition, topicId, config);
                made.add(log);
                // There are only if nobody could tell what topic they are of.
                log.open(files.hasSegments() ? new LogRecovery.Known(false, 0, files.startOffset(), -1) : LogRecovery.Known.NEW);
                return null;
            });
        }
        try {
            LogOpeners.run(makings, CREATORS);
            dir.add(made);
            made.forEach(log -> logs.put(log.topicPartition(), log));
        } catch (IOException e) {
            giveUp(dir, made);
            if (DiskSpace.isShortage(e)) {
                dir.space().refused(e, (long) makings.size() * NEW_LOG_BYTES);
            } else {
                dir.suspect(e);
            }
            throw new KafkaStorageException("a log of " + partitions.getFirst().topic() + " cannot be made in " + dir.path() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            giveUp(dir, made);
            throw e;
        }
    }

    /** What is in the folder of them is taken up when they are made the next time. */
    private static void giveUp(LogDir dir, List<SegmentedLog> made) {
        for (SegmentedLog log : made) {
            dir.remove(log);
            log.abandon();
        }
    }

    /**
     * The logs of partitions that existed before this start. If a log folder is missing, those that are nowhere else are taken to be there: then the
     * partition is offline, rather than begun anew with nothing in it.
     */
    public List<PartitionLog> reopen(List<TopicPartition> partitions, Uuid topicId, LogConfig config) {
        if (!incomplete) {
            return create(partitions, topicId, config);
        }
        return partitions.stream().map(partition -> log(partition).orElseGet(() -> new OfflineLog(partition, topicId, config))).toList();
    }

    /** After how many milliseconds idle producers are forgotten, from now on. */
    public void producerExpiration(long millis) {
        producerExpirationMs = millis;
        logs.values().forEach(log -> log.producers().expireAfter(millis));
    }

    /** How fast partitions are copied from one folder to another, those under way included. */
    public void moveRate(long bytesPerSecond) {
        moves.rate(bytesPerSecond);
    }

    public Optional<PartitionLog> log(TopicPartition partition) {
        return Optional.ofNullable(logs.get(partition));
    }

    public Collection<PartitionLog> logs() {
        return List.copyOf(logs.values());
    }

    /** Takes the log away. Durable on return; the files go after the delay that readers under way need. */
    public synchronized void delete(TopicPartition partition) {
        placement.forget(partition);
        moves.cancel(partition);
        SegmentedLog log = logs.remove(partition);
        if (log == null) {
            return;
        }
        LogDir dir = log.dir();
        dir.remove(log);
        log.delete();
        try {
            if (dir.isOnline()) {
                dir.delete(log.folder(), partition, log.limits().fileDeleteDelayMs(), log::abandon);
            }
        } catch (IOException e) {
            LOG.error("{} cannot be removed, the next start sees to it: {}", log.folder(), e.toString());
            dir.suspect(e);
        }
    }

    /** Takes the log away and keeps its files, for somebody to look at. Durable on return. @return the folder's new name */
    public synchronized Path setAside(TopicPartition partition) {
        SegmentedLog log = logs.remove(partition);
        return log.dir().setAside(log);
    }

    /**
     * Begins to move a partition's log to another folder, in the background: it is copied while it is in use, and then that copy is used. A move
     * that was begun to elsewhere is given up; one that a restart cuts off begins anew after it.
     *
     * @throws LogDirNotFoundException      if that is none of the log folders
     * @throws KafkaStorageException        if the folder or the log is offline
     * @throws ReplicaNotAvailableException if there is no such partition; it will be made there when it is created
     */
    public synchronized void move(TopicPartition partition, Path folder) {
        LogDir to = dirs.of(folder).orElseThrow(() -> new LogDirNotFoundException(folder + " is none of the log folders, which are " + dirs));
        if (!to.isOnline()) {
            throw new KafkaStorageException("the log folder " + folder + " is offline");
        }
        SegmentedLog log = logs.get(partition);
        if (log == null) {
            placement.prefer(partition, to);
            throw new ReplicaNotAvailableException("there is no partition " + partition + "; when it is created, that will be in " + folder);
        }
        if (!log.isOnline()) {
            throw new KafkaStorageException("the log " + log.folder() + " is offline");
        }
        moves.begin(log, to);
    }

    public FlushTimes flushTimes() {
        return flushTimes;
    }

    /** The first of the log folders. */
    public Path folder() {
        return dirs.all().getFirst().path();
    }

    public List<Path> folders() {
        return dirs.paths();
    }

    /** From now on these folders get no new partitions, as long as there are others; all others do. */
    public void cordon(Set<Path> cordoned) {
        placement.cordon(cordoned);
    }

    /** What keeps logs from serving now: folders, and partitions that are offline in folders that work. */
    public List<LogTrouble> troubles() {
        List<LogTrouble> troubles = new ArrayList<>(dirs.troubles());
        logs.values().stream().filter(log -> log.dir().isOnline()).forEach(log -> log.availability().reason()
                .ifPresent(reason -> troubles.add(new LogTrouble("partition", log.topicPartition().toString(), true, reason))));
        return troubles;
    }

    /** How many of the log folders do not work. */
    public long offlineDirs() {
        return dirs.all().size() - dirs.online().size();
    }

    /** The log folders as they are now, the working ones and the others. */
    public List<LogDirStatus> dirs() {
        // Each log is asked once where it is: while it is moved from one to another it would be in both or in none of them.
        Map<LogDir, List<SegmentedLog>> placed = logs.values().stream().collect(Collectors.groupingBy(SegmentedLog::dir));
        return dirs.all().stream().map(dir -> LogDirStatus.of(dir, placement.isCordoned(dir), placed.getOrDefault(dir, List.of()), moves.to(dir))).toList();
    }

    /**
     * Brings everything to disk and marks the folders as closed in order, so that the next start scans nothing. What cannot be written, because
     * a disk is full or failed, the next start finds out.
     */
    @Override
    public void close() {
        moves.close();
        dirs.close();
    }
}
