package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanerHost;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.ReplicaNotAvailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partition logs of this node, in Kafka's layout, in one folder or in several, of which one may fail without the others. Thread-safe.
 */
public final class LogStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);
    private static final int OPEN_SEGMENTS = 1000;
    /** Threads that make logs: a disk serves many syncs at once about as fast as one. */
    private static final int CREATORS = 16;

    private final LogDirs where;
    private final LogStoreConfig settings;
    private final Clock clock;
    private volatile long producerExpirationMs;
    private final List<LogDir> dirs = new ArrayList<>();
    private final FlushTimes flushTimes = new FlushTimes();
    private final List<Runnable> spaceListeners = new CopyOnWriteArrayList<>();
    private final OpenSegments openSegments = new OpenSegments(OPEN_SEGMENTS);
    private final Map<TopicPartition, SegmentedLog> logs = new ConcurrentHashMap<>();
    /** Logs of partitions that another folder has, too. */
    private final List<SegmentedLog> doubles = new ArrayList<>();
    private final LogMoves moves;
    /** Folders, for partitions that are not there yet; guarded by this. */
    private final Map<TopicPartition, LogDir> preferred = new HashMap<>();
    private boolean incomplete;

    private LogStore(LogDirs where, LogStoreConfig settings, Clock clock) {
        this.where = where;
        this.settings = settings;
        this.producerExpirationMs = settings.producerExpiration().toMillis();
        this.clock = clock;
        this.moves = new LogMoves(where.moveBytesPerSecond());
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
        LogStore store = new LogStore(where, settings, clock);
        try {
            store.openDirs();
            store.load();
            for (LogDir dir : store.dirs) {
                if (dir.isOnline()) {
                    dir.start(settings, () -> store.spaceListeners.forEach(Runnable::run), () -> store.applyRetention(dir));
                }
            }
            return store;
        } catch (IOException e) {
            store.dirs.forEach(LogDir::release);
            throw new IllegalStateException("cannot open the logs in " + where.folders() + ": " + e + "; free space or repair the disk, then start again", e);
        } catch (RuntimeException e) {
            store.dirs.forEach(LogDir::release);
            throw e;
        }
    }

    private void openDirs() throws IOException {
        for (Path folder : where.folders()) {
            try {
                dirs.add(LogDir.open(folder, where.registry(), settings, flushTimes));
            } catch (IOException e) {
                if (where.folders().size() == 1) {
                    throw new IllegalStateException("cannot write to the data folder " + folder + " (" + e + "); make it writable, or choose another with --data", e);
                }
                dirs.add(LogDir.failed(folder, e));
            }
        }
        incomplete = !where.registry().settle(where.folders()).isEmpty();
    }

    private void load() throws IOException {
        LogConfig usual = LogConfig.of(Map.of(), settings.topicDefaults());
        // Until the log's topic is known.
        LogLoader loader = new LogLoader(dirs, logs, (dir, files, partition, topicId) -> log(dir, files, partition, topicId, usual));
        long began = System.nanoTime();
        loader.load();
        incomplete |= dirs.stream().anyMatch(dir -> !dir.isOnline());
        doubles.addAll(loader.doubles());
        if (loader.found() > 0) {
            LOG.info("{}: {} logs {} in {} ms", where.folders().size() == 1 ? folder() : where.folders(), logs.size(),
                    loader.isClean() ? "opened" : "recovered after an unclean stop", (System.nanoTime() - began) / 1_000_000);
        }
        loader.arriving().forEach(this::resume);
    }

    private SegmentedLog log(LogDir dir, PartitionFolder files, TopicPartition partition, Uuid topicId, LogConfig config) throws IOException {
        return new SegmentedLog(files, partition, topicId, config, clock, dir, openSegments, producerExpirationMs);
    }

    /**
     * Decides which of the logs that two folders have of one partition is the partition's. That happens when a move was cut off at its end, or
     * when a folder comes back that was away: the log of the topic that exists counts, and the longer one of two.
     *
     * @param topicIds the id of a topic, if there is one
     */
    public synchronized void settleDoubles(Function<String, Optional<Uuid>> topicIds) {
        for (SegmentedLog second : List.copyOf(doubles)) {
            TopicPartition partition = second.topicPartition();
            SegmentedLog first = logs.get(partition);
            Optional<Uuid> id = topicIds.apply(partition.topic());
            Comparator<SegmentedLog> better = Comparator.<SegmentedLog, Boolean>comparing(log -> log.isOnline())
                    .thenComparing(log -> id.isPresent() && log.topicId().equals(id.get())).thenComparing(SegmentedLog::endOffset);
            SegmentedLog kept = better.compare(second, first) > 0 ? second : first;
            SegmentedLog left = kept == first ? second : first;
            logs.put(partition, kept);
            Path aside = setAside(left);
            LOG.warn("{} was in two log folders; {} is used, which ends at offset {}; the other one, which ends at {}, is set aside as {}", partition,
                    kept.folder(), kept.endOffset(), left.endOffset(), aside);
        }
        doubles.clear();
    }

    /** @throws KafkaStorageException if there is no disk with space for new logs */
    public void checkSpace() {
        LogDir dir = place(null, Map.of());
        dir.space().check();
    }

    /** Called when a disk that was full has space again, on a thread that should not be kept. */
    public void onSpace(Runnable listener) {
        spaceListeners.add(listener);
    }

    /** Removes what retention no longer wants, now. */
    public void applyRetention() throws IOException {
        for (LogDir dir : dirs) {
            applyRetention(dir);
        }
    }

    private void applyRetention(LogDir dir) {
        for (SegmentedLog log : dir.logs()) {
            if (!log.isOnline()) {
                continue;
            }
            try {
                List<Segment> gone = log.files().retire(log.limits(), clock.millis());
                log.producers().expire();
                if (!gone.isEmpty()) {
                    LOG.info("{}: {} segments are beyond retention, the log starts at {}", log.topicPartition(), gone.size(), log.startOffset());
                    dir.housekeeping().later(log.limits().fileDeleteDelayMs(), () -> {
                        for (Segment segment : gone) {
                            segment.delete();
                        }
                    });
                }
            } catch (IOException | RuntimeException e) {
                LOG.error("{}: retention failed, it is tried again", log.folder(), e);
                dir.suspect(e);
            }
        }
    }

    /** The store's compacted logs, for a {@link io.millrace.broker.log.clean.LogCleaner}, which is to be closed before the store. */
    public CleanerHost compactedLogs() {
        return new CompactedLogs(this);
    }

    /** Runs it when nobody can be reading the log's files any more that were replaced now. */
    void deleteLater(SegmentedLog log, LogHousekeeping.Task removal) {
        log.dir().housekeeping().later(log.limits().fileDeleteDelayMs(), removal);
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
                LogDir dir = place(preferred.remove(partition), missing);
                missing.computeIfAbsent(dir, _ -> new ArrayList<>()).add(partition);
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
                // There are only if nobody could tell what topic they are of.
                log.open(files.hasSegments() ? new LogRecovery.Known(false, 0, files.startOffset(), -1) : LogRecovery.Known.NEW);
                made.add(log);
                return null;
            });
        }
        try {
            LogOpeners.run(makings, CREATORS);
            dir.add(made);
            made.forEach(log -> logs.put(log.topicPartition(), log));
        } catch (IOException e) {
            if (!DiskSpace.isShortage(e)) {
                dir.suspect(e);
            }
            throw new KafkaStorageException("a log of " + partitions.getFirst().topic() + " cannot be made in " + dir.path() + ": " + e.getMessage(), e);
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

    /** @param planned partitions that are about to be made */
    private LogDir place(LogDir chosen, Map<LogDir, List<TopicPartition>> planned) {
        if (chosen != null && chosen.isOnline()) {
            return chosen;
        }
        return dirs.stream().filter(LogDir::isOnline).min(Comparator.<LogDir, Boolean>comparing(dir -> where.cordoned().contains(dir.path()))
                .thenComparing(dir -> dir.space().isScarce()).thenComparing(dir -> dir.count() + moves.arrivingAt(dir) + planned.getOrDefault(dir, List.of()).size()))
                .orElseThrow(() -> new KafkaStorageException("all log folders are offline: " + where.folders()));
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
        preferred.remove(partition);
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
        return setAside(logs.remove(partition));
    }

    private Path setAside(SegmentedLog log) {
        LogDir dir = log.dir();
        dir.remove(log);
        log.delete();
        log.abandon();
        try {
            return dir.files().setAside(log.folder(), log.topicPartition());
        } catch (IOException e) {
            throw new KafkaStorageException("the log " + log.folder() + " cannot be set aside: " + e.getMessage(), e);
        }
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
        LogDir to = dirs.stream().filter(dir -> dir.path().equals(folder)).findFirst()
                .orElseThrow(() -> new LogDirNotFoundException(folder + " is none of the log folders, which are " + where.folders()));
        if (!to.isOnline()) {
            throw new KafkaStorageException("the log folder " + folder + " is offline");
        }
        SegmentedLog log = logs.get(partition);
        if (log == null) {
            preferred.put(partition, to);
            throw new ReplicaNotAvailableException("there is no partition " + partition + "; when it is created, that will be in " + folder);
        }
        if (!log.isOnline()) {
            throw new KafkaStorageException("the log " + log.folder() + " is offline");
        }
        moves.begin(log, to);
    }

    private void resume(LogLoader.Arriving arriving) {
        SegmentedLog log = logs.get(arriving.partition());
        Path copy = arriving.copy();
        if (log == null || !log.isOnline()) {
            LOG.warn("{}: is unfinished, and its original is in no log folder that works; it is not used", copy);
            return;
        }
        try {
            LogDirFiles.removeTree(copy);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed: {}", copy, e.toString());
        }
        LOG.info("{} was on its way to {}; that begins anew", arriving.partition(), arriving.to().path());
        moves.begin(log, arriving.to());
    }

    public FlushTimes flushTimes() {
        return flushTimes;
    }

    /** The first of the log folders. */
    public Path folder() {
        return where.folders().getFirst();
    }

    /** How many of the log folders do not work. */
    public long offlineDirs() {
        return dirs.stream().filter(dir -> !dir.isOnline()).count();
    }

    /** The log folders as they are now, the working ones and the others. */
    public List<LogDirStatus> dirs() {
        return dirs.stream().map(dir -> LogDirStatus.of(dir, where.cordoned().contains(dir.path()), moves.to(dir))).toList();
    }

    /**
     * Brings everything to disk and marks the folders as closed in order, so that the next start scans nothing. What cannot be written, because
     * a disk is full or failed, the next start finds out.
     */
    @Override
    public void close() {
        moves.close();
        try (ExecutorService closers = Executors.newFixedThreadPool(dirs.size(), Thread.ofPlatform().name("log-closer-", 0).factory())) {
            dirs.forEach(dir -> closers.execute(dir::close));
        }
    }
}
