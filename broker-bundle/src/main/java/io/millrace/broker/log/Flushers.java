package io.millrace.broker.log;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Syncs logs' own files. Whoever asks for a log queues it once; by the time a flusher gets to it, everything that was appended meanwhile is covered by
 * the same fsync. A few threads, since one disk serves several fsyncs at once better than one after another. Thread-safe.
 */
final class Flushers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Flushers.class);
    private static final int FLUSHERS = 4;
    /** So many logs waiting bring help. */
    private static final int BACKLOG = 8;
    private static final int MOST_HELPERS = 12;
    /** After so long without a log to flush a helper leaves. */
    private static final long HELP_MS = 1_000;
    /** In the queue it sends a flusher home: one that is interrupted inside fsync would close the file's channel for everyone. */
    private static final LogFlush END = LogFlush.end();

    private final LinkedBlockingQueue<LogFlush> waiting = new LinkedBlockingQueue<>();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger helpers = new AtomicInteger();

    void request(LogFlush log) {
        if (log.markSyncing()) {
            waiting.add(log);
            if (started.get() < FLUSHERS && started.getAndIncrement() < FLUSHERS) {
                start("flusher", started, this::run);
            }
            if (waiting.size() > BACKLOG && helpers.get() < MOST_HELPERS) {
                help();
            }
        }
    }

    private static void start(String name, AtomicInteger counted, Runnable task) {
        try {
            Thread.ofPlatform().name(name).daemon().start(task);
        } catch (OutOfMemoryError noThread) {
            // The system has no more of them now; those that there are do the work, and the next request tries again.
            counted.decrementAndGet();
            LOG.warn("a {} cannot be started: {}", name, noThread.getMessage());
        }
    }

    private void run() {
        try {
            for (LogFlush log; (log = waiting.take()) != END; ) {
                sync(log);
            }
            waiting.add(END);
        } catch (InterruptedException nobodyDoesThat) {
            Thread.currentThread().interrupt();
        }
    }

    private static void sync(LogFlush log) {
        log.unmarkSyncing();
        try {
            log.run();
        } catch (Throwable failed) {
            // The other logs wait for this thread, too.
            LOG.error("a log could not be synced", failed);
        }
    }

    /** Many logs wait: what a disk does for one more fsync at a time is little, since it commits them together. */
    private void help() {
        if (helpers.incrementAndGet() > MOST_HELPERS) {
            helpers.decrementAndGet();
            return;
        }
        start("flush-helper", helpers, () -> {
            try {
                for (LogFlush log; (log = waiting.poll(HELP_MS, TimeUnit.MILLISECONDS)) != null; ) {
                    if (log == END) {
                        waiting.add(END);
                        break;
                    }
                    sync(log);
                }
            } catch (InterruptedException nobodyDoesThat) {
                Thread.currentThread().interrupt();
            } finally {
                helpers.decrementAndGet();
            }
        });
    }

    /** The logs themselves are flushed by their own close. */
    @Override
    public void close() {
        waiting.add(END);
    }
}
