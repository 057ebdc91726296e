package io.millrace.broker.log;

import io.millrace.broker.log.LogFlush.Reached;
import io.millrace.broker.log.journal.Journal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes records durable that somebody waits for, of all logs of a folder together. While one write to the {@link Journal} is on its way, requests
 * gather; the next one covers all that was appended to those logs by then. What is not for the journal is synced in its log's own file.
 */
final class GroupCommit implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);
    private static final long CLOSING_MS = 10_000;
    /** After so long without a write it is worth it to spare a request the way to the committing thread. Who keeps the disk busy is never so slow. */
    private static final long QUIET_NANOS = TimeUnit.MICROSECONDS.toNanos(150);
    /** In the queue it ends the committing thread. */
    private static final LogFlush END = LogFlush.end();

    private final LinkedBlockingQueue<LogFlush> requested = new LinkedBlockingQueue<>();
    private final Flushers flushers = new Flushers();
    private final FlushTimes times;
    /** Null if there is none: then each log's own file is synced. */
    private final Journal journal;
    private final Consumer<Exception> onFailure;
    private final Thread committing;
    /** Held by whoever commits: the committing thread, or one that asked for it. */
    private final ReentrantLock turn = new ReentrantLock();
    /** When the last write was done. */
    private volatile long quietSince = System.nanoTime();
    /** Guarded by {@code turn}. */
    private boolean closed;
    /** Its thread begins with the first log that has flush.ms. */
    private final ScheduledThreadPoolExecutor later = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("flush-timer").daemon().factory());

    /** @param onFailure told of what the journal's disk did, by whoever commits */
    GroupCommit(FlushTimes times, Journal journal, Consumer<Exception> onFailure) {
        this.times = times;
        this.journal = journal;
        this.onFailure = onFailure;
        this.committing = journal == null ? null : Thread.ofPlatform().name("group-commit").daemon().start(this::run);
    }

    boolean hasJournal() {
        return journal != null;
    }

    FlushTimes times() {
        return times;
    }

    /**
     * Has what was just appended in the journal's next round, without reading it back from the log. It goes to disk when somebody asks for that.
     *
     * @return false if the round does not take it
     */
    boolean stage(LogFlush log, long baseOffset, long endOffset, ByteBuffer batches) {
        int bytes = batches.remaining();
        try {
            return journal != null && journal.wants(bytes)
                    && journal.add(log, baseOffset, endOffset, bytes, space -> space.put(batches).flip()) == Journal.Room.TAKEN;
        } catch (IOException memoryDoesNotFail) {
            throw new UncheckedIOException(memoryDoesNotFail);
        }
    }

    void request(LogFlush log) {
        if (journal == null) {
            flushers.request(log);
        } else if (log.markQueued()) {
            requested.add(log);
        }
    }

    /**
     * As {@link #request}. A request that comes alone is committed by the calling thread, which blocks for one write: that spares two threads waking
     * each other.
     */
    void commit(LogFlush log) {
        if (journal == null || System.nanoTime() - quietSince < QUIET_NANOS || !requested.isEmpty() || !turn.tryLock()) {
            request(log);
            return;
        }
        try {
            if (!closed && log.markQueued()) {
                List<LogFlush> alone = new ArrayList<>(List.of(log));
                commitOrSync(alone, new ArrayList<>());
                requested.addAll(alone);
            }
        } finally {
            turn.unlock();
        }
    }

    /** The log is flushed when that time has passed, with all that it has got by then. */
    void requestIn(LogFlush log, long millis) {
        if (log.markTimed()) {
            later.schedule(() -> {
                log.unmarkTimed();
                request(log);
            }, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void run() {
        List<LogFlush> logs = new ArrayList<>();
        List<Reached> inRound = new ArrayList<>();
        try {
            while (true) {
                if (logs.isEmpty()) {
                    logs.add(requested.take());
                }
                requested.drainTo(logs);
                if (logs.contains(END)) {
                    return;
                }
                turn.lock();
                try {
                    commitOrSync(logs, inRound);
                } finally {
                    turn.unlock();
                }
            }
        } catch (InterruptedException nobodyDoesThat) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without the committing thread nobody would be told any more, and a log that stays marked would not be asked for again. */
    private void commitOrSync(List<LogFlush> logs, List<Reached> inRound) {
        try {
            commit(logs, inRound);
        } catch (RuntimeException | Error failed) {
            LOG.error("records could not be committed together; partitions' own files are synced", failed);
            logs.forEach(this::sync);
            logs.clear();
            inRound.clear();
        }
    }

    private void sync(LogFlush log) {
        log.unmarkQueued();
        flushers.request(log);
    }

    /** Takes out of {@code logs} what is done, or handed on. */
    private void commit(List<LogFlush> logs, List<Reached> inRound) {
        int taken = 0;
        boolean ready = journal.isReady(logs.size());
        boolean full = false;
        while (taken < logs.size() && !full) {
            LogFlush log = logs.get(taken);
            if (!ready) {
                sync(log);
                taken++;
            } else if (log.commit(this, journal, inRound, flushers)) {
                taken++;
            } else {
                full = true;
            }
        }
        logs.subList(0, taken).clear();
        if (inRound.isEmpty() && !full) {
            return;
        }
        long began = System.nanoTime();
        try {
            journal.write();
            long nanos = System.nanoTime() - began;
            inRound.forEach(reached -> reached.committed(nanos));
        } catch (IOException e) {
            LOG.error("{}; partitions' own files are synced from now on", e.getMessage(), e);
            inRound.forEach(reached -> flushers.request(reached.log()));
            onFailure.accept(e);
        } finally {
            inRound.clear();
            quietSince = System.nanoTime();
        }
    }

    /** The logs themselves are flushed by their own close. */
    @Override
    public void close() {
        later.shutdownNow();
        requested.add(END);
        flushers.close();
        if (journal != null) {
            try {
                committing.join(CLOSING_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            turn.lock();
            try {
                closed = true;
                journal.close();
            } finally {
                turn.unlock();
            }
        }
    }
}
