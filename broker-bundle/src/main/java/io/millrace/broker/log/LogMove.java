package io.millrace.broker.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a log to another folder. Its segments are copied while it is appended to, read and cleaned; when only a little is left, appends wait for
 * that and then go on in the copy. Whoever reads the old files at that moment reads them to the end.
 */
final class LogMove {

    private static final Logger LOG = LoggerFactory.getLogger(LogMove.class);
    private static final int CHUNK = 1024 * 1024;
    /** Bytes that appends may wait for. */
    private static final long LITTLE = 2 * CHUNK;
    /** A log that is appended to as fast as it is copied is not chased for ever. */
    private static final int MOST_ROUNDS = 100;

    private final SegmentedLog log;
    private final LogDir to;
    private final LongSupplier rate;
    /** Bytes that the copy has of each segment. */
    private final Map<Segment, Integer> copied = new IdentityHashMap<>();
    /** The other files as they were when they were copied. */
    private final Map<Path, Stamp> beside = new HashMap<>();
    private final Set<Path> unsynced = new HashSet<>();
    private volatile boolean cancelled;
    private volatile boolean stopped;
    private volatile long copiedBytes;
    private volatile long copiedUntil;

    private record Stamp(Object key, long size, FileTime modified) {}

    LogMove(SegmentedLog log, LogDir to, LongSupplier rate) {
        this.log = log;
        this.to = to;
        this.rate = rate;
    }

    /** Blocks until the log is there. @throws CancellationException if it was called off; the log stays where it is then, as on failure */
    void run() throws IOException {
        PartitionFolder copy = new PartitionFolder(to.files().futureOf(log.topicPartition()));
        boolean kept = false;
        try {
            Files.createDirectories(copy.path());
            int rounds = 0;
            while (copySegments(copy, rate) > LITTLE && ++rounds < MOST_ROUNDS) {
                LOG.debug("{}: {} bytes are at {}", log.topicPartition(), copiedBytes, to.path());
            }
            log.checkpoint().write();
            copyBeside(copy);
            syncCopied();
            synchronized (this) {
                checkWanted();
                LogDir from = log.dir();
                PartitionFolder old = log.files().relocate(to, () -> finish(copy));
                kept = true;
                removeOld(from, old);
            }
        } catch (CancellationException calledOff) {
            // What a stop of the node cuts off, the next start sees by the folder.
            kept = stopped;
            throw calledOff;
        } finally {
            if (!kept && Files.exists(copy.path())) {
                LogDirFiles.removeTree(copy.path());
            }
        }
    }

    private void checkWanted() {
        if (cancelled) {
            throw new CancellationException();
        }
    }

    /** @return how many bytes were copied */
    private long copySegments(PartitionFolder copy, LongSupplier bytesPerSecond) throws IOException {
        long moved = 0;
        for (Segment segment : log.files().segments().all()) {
            int until = segment.bytes();
            int from = copied.getOrDefault(segment, 0);
            if (from < until || from == 0) {
                if (!copy(segment, from, until, copy.log(segment.baseOffset()), bytesPerSecond)) {
                    continue;
                }
                copied.put(segment, until);
                moved += until - from;
            }
            copiedUntil = Math.max(copiedUntil, segment.endOffset());
        }
        return moved;
    }

    /** @return whether the segment is still there */
    private boolean copy(Segment segment, int from, int until, Path target, LongSupplier bytesPerSecond) throws IOException {
        try (FileChannel source = FileChannel.open(segment.logFile(), StandardOpenOption.READ);
                FileChannel sink = FileChannel.open(target, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            sink.truncate(from);
            sink.position(from);
            unsynced.add(target);
            for (long at = from; at < until; ) {
                checkWanted();
                long most = bytesPerSecond.getAsLong();
                long chunk = source.transferTo(at, Math.min(until - at, Math.min(CHUNK, most)), sink);
                if (chunk <= 0) {
                    if (log.files().segments().holding(segment.baseOffset()) != segment) {
                        // Cleaned meanwhile: the one in its place is copied.
                        return false;
                    }
                    throw new IOException(log.folder() + ": segment " + segment.baseOffset() + " ends at byte " + at + " instead of " + until);
                }
                at += chunk;
                copiedBytes += chunk;
                if (most < Long.MAX_VALUE) {
                    LockSupport.parkNanos(chunk * TimeUnit.SECONDS.toNanos(1) / most);
                }
            }
            return true;
        } catch (NoSuchFileException removed) {
            return false;
        }
    }

    private void syncCopied() throws IOException {
        for (Path file : unsynced) {
            DurableFile.sync(file);
        }
        unsynced.clear();
    }

    /** Makes the copy complete and durable, while nothing changes in the log, and gives it the log's name. */
    private PartitionFolder finish(PartitionFolder copy) throws IOException {
        // Whoever appends waits: the rate is for what it can go on beside.
        copySegments(copy, () -> Long.MAX_VALUE);
        Set<Path> wanted = copyBeside(copy);
        log.files().segments().all().forEach(segment -> wanted.add(copy.log(segment.baseOffset())));
        List<Path> removed = new ArrayList<>();
        try (var present = Files.newDirectoryStream(copy.path(), file -> !wanted.contains(file))) {
            present.forEach(removed::add);
        }
        for (Path file : removed) {
            Files.delete(file);
            unsynced.remove(file);
        }
        syncCopied();
        DurableFile.syncFolder(copy.path());
        // Before the name is there, so that a crash right after does not read everything.
        to.checkpoint().write(Map.of(log.topicPartition(), log.endOffset()));
        Path named = to.path().resolve(log.topicPartition().toString());
        Files.move(copy.path(), named, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncFolder(to.path());
        return new PartitionFolder(named);
    }

    /** Brings the other files up to date; most do not change any more. @return those that the copy is to have */
    private Set<Path> copyBeside(PartitionFolder copy) throws IOException {
        Set<Path> wanted = new HashSet<>();
        try (var others = Files.newDirectoryStream(log.folder(), file -> isBeside(file.getFileName().toString()))) {
            for (Path file : others) {
                Path target = copy.path().resolve(file.getFileName());
                try {
                    BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
                    Stamp stamp = new Stamp(now.fileKey(), now.size(), now.lastModifiedTime());
                    if (!stamp.equals(beside.get(target))) {
                        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                        beside.put(target, stamp);
                        unsynced.add(target);
                    }
                    wanted.add(target);
                } catch (NoSuchFileException removed) {
                    beside.remove(target);
                }
            }
        }
        return wanted;
    }

    private static boolean isBeside(String name) {
        return !name.endsWith(".log") && !name.endsWith(".deleted") && !name.endsWith(".tmp") && !name.endsWith(".cleaned") && !name.endsWith(".swap");
    }

    private void removeOld(LogDir from, PartitionFolder old) {
        from.remove(log);
        to.found(log);
        if (!to.isOnline()) {
            log.availability().fail(to.offline());
        }
        LOG.info("{} is in {} now, it was in {}", log.topicPartition(), to.path(), from.path());
        try {
            from.delete(old.path(), log.topicPartition(), log.limits().fileDeleteDelayMs(), () -> { });
        } catch (IOException e) {
            LOG.warn("{} cannot be removed, the next start sees to it: {}", old.path(), e.toString());
            from.suspect(e);
        }
    }

    /** On return it has ended or will end without having moved anything. */
    synchronized void cancel() {
        cancelled = true;
    }

    /** As {@link #cancel}, but the next start begins it anew. */
    void stop() {
        stopped = true;
        cancel();
    }

    SegmentedLog log() {
        return log;
    }

    LogDir to() {
        return to;
    }

    long copiedBytes() {
        return copiedBytes;
    }

    /** Offset up to which the copy is there. */
    long copiedUntil() {
        return copiedUntil;
    }
}
