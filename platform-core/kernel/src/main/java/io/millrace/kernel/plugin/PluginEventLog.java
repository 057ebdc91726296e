package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginEvent;
import io.millrace.api.plugin.PluginEvent.Step;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The latest steps of operations on plugins, for whoever watches. Thread-safe. */
final class PluginEventLog {

    private static final int KEPT = 1_000;

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final ArrayDeque<PluginEvent> events = new ArrayDeque<>();
    private long last;

    PluginEventLog(InstantSource clock) {
        this.clock = clock;
    }

    void add(String tag, String plugin, String version, Step step, String detail, long tookMs) {
        lock.lock();
        try {
            events.add(new PluginEvent(++last, clock.instant(), tag, plugin, version, step, detail, tookMs));
            if (events.size() > KEPT) {
                events.remove();
            }
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Blocks for at most {@code wait} while there is nothing newer than {@code after}. */
    List<PluginEvent> after(long after, Duration wait) throws InterruptedException {
        long left = wait.toNanos();
        lock.lockInterruptibly();
        try {
            // A number of the future is one of an earlier process, whose watcher is to see everything.
            long from = after > last ? 0 : after;
            while (last <= from && left > 0) {
                left = news.awaitNanos(left);
            }
            return events.stream().filter(event -> event.sequence() > from).toList();
        } finally {
            lock.unlock();
        }
    }

    static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
