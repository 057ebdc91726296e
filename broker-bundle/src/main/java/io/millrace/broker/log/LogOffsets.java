package io.millrace.broker.log;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The offsets that say what there is of a log and how much of it may be read. Changed with the log's {@code appending} held, each by itself; seen
 * by all threads at once.
 */
final class LogOffsets {

    private static final Logger LOG = LoggerFactory.getLogger(LogOffsets.class);

    private final ProducerStates producers;
    private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
    private volatile long start;
    private volatile long end;
    private volatile long highWatermark;
    private volatile long firstUnstable = Long.MAX_VALUE;
    /** Behind the last record that is read only once it is durable. Guarded by {@code appending}. */
    private long withheld;

    /** @param producers who know of open transactions */
    LogOffsets(ProducerStates producers) {
        this.producers = producers;
    }

    long start() {
        return start;
    }

    /** Of the next record. */
    long end() {
        return end;
    }

    long highWatermark() {
        return highWatermark;
    }

    /** What is before may have been read by consumers of either isolation level, and no transaction is open in it. */
    long settled() {
        return Math.min(highWatermark, firstUnstable);
    }

    long lastStable() {
        // Records of an open transaction may have been deleted by request.
        return Math.min(highWatermark, Math.max(firstUnstable, start));
    }

    void startAt(long offset) {
        start = offset;
    }

    void endAt(long offset) {
        end = offset;
    }

    /** Consumers may read up to there. */
    void advance(long mark) {
        highWatermark = mark;
        settle();
    }

    /** What was just appended may be read at once, unless it stands behind what is withheld. */
    void appended(long first) {
        if (highWatermark == first) {
            advance(end);
        }
    }

    /** What was just appended is not to be read before it is durable. */
    void withhold() {
        withheld = end;
    }

    /** Records before {@code offset} are durable, so they may be read; and so may what follows them, if nothing of it is withheld. */
    void durable(long offset) {
        advance(offset >= withheld ? end : Math.max(highWatermark, offset));
    }

    /** Transactions began or ended. */
    void settle() {
        firstUnstable = producers.firstUnstableOffset(highWatermark);
    }

    /** @param moved see {@link PartitionLog#addListener} */
    void addListener(Runnable moved) {
        listeners.add(moved);
    }

    void removeListener(Runnable moved) {
        listeners.remove(moved);
    }

    /** Tells the listeners. */
    void tell() {
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (Throwable failed) {
                // Others wait to be told, too, and for the thread that makes records durable.
                LOG.error("a reader cannot be told that a log has moved", failed);
            }
        }
    }
}
