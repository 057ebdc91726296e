package io.millrace.broker.log;

import java.util.concurrent.LinkedBlockingQueue;

/**
 * Brings logs to stable storage. Whoever waits for a log queues it once; by the time a flusher gets to it, everything that was appended meanwhile
 * is covered by the same fsync. A few threads, since one disk serves several fsyncs at once better than one after another.
 */
final class GroupCommit implements AutoCloseable {

    private static final int FLUSHERS = 4;

    private final LinkedBlockingQueue<SegmentedLog> dirty = new LinkedBlockingQueue<>();
    private final FlushTimes times;
    private final Thread[] flushers = new Thread[FLUSHERS];

    GroupCommit(FlushTimes times) {
        this.times = times;
        for (int i = 0; i < FLUSHERS; i++) {
            flushers[i] = Thread.ofPlatform().name("flusher-" + i).daemon().start(this::run);
        }
    }

    FlushTimes times() {
        return times;
    }

    void request(SegmentedLog log) {
        if (log.markQueued()) {
            dirty.add(log);
        }
    }

    private void run() {
        try {
            while (true) {
                SegmentedLog log = dirty.take();
                log.unmarkQueued();
                log.flush();
            }
        } catch (InterruptedException e) {
            // Only close() interrupts, and only a flusher that waits: see there.
            Thread.currentThread().interrupt();
        }
    }

    /** The logs themselves are flushed by their own close. */
    @Override
    public void close() {
        for (Thread flusher : flushers) {
            // A flusher inside fsync must not be interrupted: that would close the file's channel for everyone.
            if (flusher.getState() == Thread.State.WAITING) {
                flusher.interrupt();
            }
        }
    }
}
