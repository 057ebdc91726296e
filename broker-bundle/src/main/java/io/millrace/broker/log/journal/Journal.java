package io.millrace.broker.log.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where acknowledged records of all logs of a folder become durable together. What a producer waits for is in the page cache of its log's own file
 * already; syncing that file would cost a transaction of the file system, for each partition. Instead the new bytes of all partitions that somebody
 * waits for are written once more, one behind the other, in a single write that is on the disk when it returns. The logs' own files follow in the
 * background, before the journal's file is written again from its beginning. After a crash {@link JournalContent} gives back what the own files
 * lost.
 *
 * <p>Two files: one is written to while the other one's logs are synced. If there is none to write to (the first one is made when it is needed first, or
 * the disk is slower than what arrives) the caller syncs the logs' own files instead.
 *
 * <p>A log that is cut at its end must be synced afterwards before anything is journaled for it again: its stretches would come back otherwise.
 *
 * <p>Filled by any thread while one writes; closed by any.
 */
public final class Journal implements AutoCloseable {

    /** What the caller finds when it wants to add a log's new bytes. */
    public enum Room { TAKEN, NEXT_ROUND }

    /** Puts a log's bytes into the buffer, which has room for exactly them, and flips it. */
    public interface Source {
        void readInto(ByteBuffer space) throws IOException;
    }

    /** A journal cannot be smaller. */
    public static final long LEAST_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final int MOST_ROUND_BYTES = 1024 * 1024;
    /** Its files together have room for so many rounds at least. */
    private static final int LEAST_ROUNDS = 16;
    private static final int FIRST_ROUNDS = 4;
    /** A file makes room for another if its logs want one that is so many times as large, or as small. */
    private static final int TOO_SMALL = 2;
    private static final int TOO_LARGE = 4;
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);
    /** Of what a disk has free the journal takes a small part. */
    private static final int PART_OF_FREE = 16;

    private final Path folder;
    private final long mostBytes;
    private final int roundBytes;
    /** Held by whoever puts something into the next round, and to begin another one. */
    private final ReentrantLock filling = new ReentrantLock();
    /** What is written next; guarded by {@code filling}. */
    private JournalRound round;
    /** What is being written, or nothing. */
    private JournalRound spare;
    /** Makes files and frees them; its thread goes when there is nothing to do. */
    private final ThreadPoolExecutor keeper = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("journal-keeper").daemon().factory());
    private JournalFile current;
    private volatile JournalFile next;
    /** Whether the keeper sees to the next file. */
    private volatile boolean preparing;
    private volatile long retryAt;
    private volatile long fileBytes;
    private volatile boolean broken;
    /** Of the keeper: whether it was told that there is no file, and the number of the next one. */
    private boolean told;
    private long nextName;
    private long generation;

    /**
     * @param folder    of the logs
     * @param mostBytes that its files may have together, at least {@link #LEAST_BYTES}
     */
    public Journal(Path folder, long mostBytes) throws IOException {
        this(folder, mostBytes, System.currentTimeMillis());
    }

    Journal(Path folder, long mostBytes, long now) throws IOException {
        List<Path> earlier = JournalContent.files(folder);
        this.folder = folder;
        this.mostBytes = mostBytes / 2;
        this.roundBytes = (int) Math.min(MOST_ROUND_BYTES, mostBytes / LEAST_ROUNDS / JournalRound.BLOCK * JournalRound.BLOCK);
        this.round = new JournalRound(roundBytes);
        this.spare = new JournalRound(roundBytes);
        this.fileBytes = wanted(0);
        this.nextName = earlier.stream().mapToLong(JournalContent::numberOf).max().orElse(0) + 1;
        // Of what is kept from before, nothing is newer, wherever the clock has been meanwhile.
        this.generation = Math.max(now << 12, JournalContent.newestGeneration(earlier));
        this.retryAt = System.nanoTime();
        keeper.allowCoreThreadTimeOut(true);
    }

    /** Whether that many new bytes of a log are for the journal. More cost less per byte in the log's own file, and the disk writes them once. */
    public boolean wants(long bytes) {
        return bytes <= roundBytes / 2;
    }

    /** Whether a round can be written now. If not, that may change soon. @param logs that wait for it */
    public boolean isReady(int logs) {
        if (broken) {
            return false;
        }
        boolean small = isTooSmall(logs);
        if (current == null || !current.has(roundBytes) || small && isLarger(next)) {
            JournalFile follows = next;
            if (follows == null) {
                prepare();
                return false;
            }
            JournalFile full = current;
            current = follows;
            current.begin(++generation);
            next = null;
            if (full != null) {
                retire(full);
            }
        } else if (next == null && (small || current.isHalfFull())) {
            prepare();
        }
        return true;
    }

    /** Of a file that is soon full all of its logs are synced: when many come, it goes while few have something in it. */
    private boolean isTooSmall(int logs) {
        long wanted = wanted(Math.max(logs, current == null ? 0 : current.logs().size()));
        if (wanted > fileBytes) {
            fileBytes = wanted;
        }
        return current != null && current.bytes() * TOO_SMALL <= wanted;
    }

    private boolean isLarger(JournalFile other) {
        return other != null && other.bytes() > current.bytes();
    }

    private void prepare() {
        if (!preparing && System.nanoTime() - retryAt >= 0) {
            preparing = true;
            keeper.execute(() -> {
                try {
                    if (next == null) {
                        next = create();
                    }
                } finally {
                    preparing = false;
                }
            });
        }
    }

    private JournalFile create() {
        Path path = folder.resolve(JournalContent.NAME + nextName);
        try {
            long bytes = Math.min(fileBytes, affordable());
            if (bytes < wanted(0)) {
                throw new IOException("of what is free on the disk only " + bytes + " bytes are for it");
            }
            JournalFile file = JournalFile.create(path, bytes);
            nextName++;
            told = false;
            return file;
        } catch (IOException e) {
            retryAt = System.nanoTime() + RETRY_NANOS;
            if (!told) {
                told = true;
                LOG.warn("{}: cannot be made, each partition's own file is synced meanwhile: {}", path, e.getMessage());
            }
            return null;
        }
    }

    /** The logs' own files take over, then the file is used again. */
    private void retire(JournalFile full) {
        preparing = true;
        long follows = current.bytes();
        keeper.execute(() -> {
            try {
                full.logs().forEach((log, end) -> {
                    if (!log.isSynced(end)) {
                        log.sync();
                    }
                });
                fileBytes = Math.min(wanted(full.logs().size()), affordable());
                if (full.isNeeded()) {
                    LOG.warn("{}: kept until the next start, which may find in it what a log lost that went offline", full.path());
                    full.close();
                } else if (full.bytes() * TOO_SMALL <= Math.max(fileBytes, follows) || full.bytes() > TOO_LARGE * Math.max(fileBytes, wanted(0))) {
                    full.delete();
                } else {
                    next = full;
                }
            } catch (IOException e) {
                LOG.warn("{}: cannot be removed: {}", full.path(), e.toString());
            } finally {
                preparing = false;
            }
        });
    }

    /**
     * A round's size for each log that had something in the last file. Logs are synced when a file is full: with little in it each of these syncs is
     * small, and the journal's own writes do not wait behind large ones; with many logs it must not be full all the time.
     */
    private long wanted(int logs) {
        return Math.min(mostBytes, (long) Math.max(FIRST_ROUNDS, logs) * roundBytes);
    }

    private long affordable() throws IOException {
        return Files.getFileStore(folder).getUsableSpace() / PART_OF_FREE / JournalRound.BLOCK * JournalRound.BLOCK;
    }

    /** Adds a log's new bytes to the round that is written next. A log's stretches are added in their order. Thread-safe. */
    public Room add(Journaled log, long baseOffset, long endOffset, int bytes, Source source) throws IOException {
        filling.lock();
        try {
            if (broken || !round.takes(bytes)) {
                return Room.NEXT_ROUND;
            }
            ByteBuffer space = round.space(bytes);
            source.readInto(space);
            if (space.remaining() != bytes) {
                throw new IOException("of " + bytes + " bytes of a log only " + space.remaining() + " could be read");
            }
            round.add(log, baseOffset, endOffset, bytes);
            return Room.TAKEN;
        } finally {
            filling.unlock();
        }
    }

    /**
     * What was added before is on stable storage on return. One thread at a time, and only when {@link #isReady}.
     *
     * @throws IOException if the disk did not take it: the journal is not used again, and the own files of all its logs are synced in the background
     */
    public void write() throws IOException {
        JournalRound whole;
        filling.lock();
        try {
            whole = round;
            round = spare;
            spare = whole;
        } finally {
            filling.unlock();
        }
        if (whole.isEmpty()) {
            return;
        }
        try {
            current.write(whole);
        } catch (IOException | RuntimeException | Error e) {
            // Whatever it was: logs go by what they have put into the round.
            broken = true;
            retire(current);
            throw new IOException(current.path() + " cannot be written: " + e.getMessage(), e);
        } finally {
            whole.clear();
        }
    }

    /** Removes the files, unless logs need them that were not synced since. Nothing is written from now on. */
    @Override
    public void close() {
        broken = true;
        keeper.shutdown();
        try {
            if (!keeper.awaitTermination(10, TimeUnit.SECONDS)) {
                return;
            }
            for (JournalFile file : new JournalFile[] {current, next}) {
                if (file != null && (file == next || !file.isNeeded())) {
                    file.delete();
                } else if (file != null) {
                    file.close();
                }
            }
        } catch (IOException e) {
            LOG.warn("the journal in {} cannot be removed, the next start reads it: {}", folder, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
