package io.millrace.broker.log;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Brings logs to stable storage. Whoever waits for a log queues it once; by the time a flusher gets to it, everything that was appended meanwhile
 * is covered by the same fsync. A few threads, since one disk serves several fsyncs at once better than one after another.
 */
final class GroupCommit implements AutoCloseable {

    private static final int FLUSHERS = 4;
    /** So many logs waiting bring help. */
    private static final int BACKLOG = 8;
    private static final int MOST_HELPERS = 12;
    /** After so long without a log to flush a helper leaves. */
    private static final long HELP_MS = 1_000;

    private final LinkedBlockingQueue<LogFlush> dirty = new LinkedBlockingQueue<>();
    private final FlushTimes times;
    private final Thread[] flushers = new Thread[FLUSHERS];
    private final AtomicInteger helpers = new AtomicInteger();
    /** Its thread begins with the first log that has flush.ms. */
    private final ScheduledThreadPoolExecutor later = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("flush-timer").daemon().factory());

    GroupCommit(FlushTimes times) {
        this.times = times;
        for (int i = 0; i < FLUSHERS; i++) {
            flushers[i] = Thread.ofPlatform().name("flusher-" + i).daemon().start(this::run);
        }
    }

    FlushTimes times() {
        return times;
    }

    void request(LogFlush log) {
        if (log.markQueued()) {
            dirty.add(log);
            if (dirty.size() > BACKLOG && helpers.get() < MOST_HELPERS) {
                help();
            }
        }
    }

    /** Many logs wait: what a disk does for one more fsync at a time is little, since it commits them together. */
    private void help() {
        if (helpers.incrementAndGet() > MOST_HELPERS) {
            helpers.decrementAndGet();
            return;
        }
        Thread.ofPlatform().name("flush-helper").daemon().start(() -> {
            try {
                for (LogFlush log; (log = dirty.poll(HELP_MS, TimeUnit.MILLISECONDS)) != null; ) {
                    log.unmarkQueued();
                    log.run();
                }
            } catch (InterruptedException nobodyDoesThat) {
                Thread.currentThread().interrupt();
            } finally {
                helpers.decrementAndGet();
            }
        });
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
        try {
            while (true) {
                LogFlush log = dirty.take();
                log.unmarkQueued();
                log.run();
            }
        } catch (InterruptedException e) {
            // Only close() interrupts, and only a flusher that waits: see there.
            Thread.currentThread().interrupt();
        }
    }

    /** The logs themselves are flushed by their own close. */
    @Override
    public void close() {
        later.shutdownNow();
        for (Thread flusher : flushers) {
            // A flusher inside fsync must not be interrupted: that would close the file's channel for everyone.
            if (flusher.getState() == Thread.State.WAITING) {
                flusher.interrupt();
            }
        }
    }
}
