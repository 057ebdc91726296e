package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Shard;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction on its way from prepared to complete: its markers go to every partition, again and again to those whose log does not take them.
 * Ends early only with the node; then it goes on when the node starts again. One thread at a time works on it.
 */
final class Completion {

    private static final Logger LOG = LoggerFactory.getLogger(Completion.class);
    private static final long FIRST_PAUSE_MS = 50;
    private static final long LONGEST_PAUSE_MS = 5_000;

    private final Transaction prepared;
    private final Supplier<Shard<TransactionShard>> keeper;
    private final Markers markers;
    private final CountDownLatch stopping;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Set<TopicPartition> left;
    private volatile boolean complete;

    /** @param keeper of the transaction; @param stopping is down when the node stops */
    Completion(Transaction prepared, Supplier<Shard<TransactionShard>> keeper, Markers markers, CountDownLatch stopping) {
        this.prepared = prepared;
        this.keeper = keeper;
        this.markers = markers;
        this.stopping = stopping;
        this.left = new HashSet<>(prepared.partitions());
    }

    boolean isOf(Transaction transaction) {
        return isSame(transaction, prepared);
    }

    private static boolean isSame(Transaction one, Transaction other) {
        return one != null && one.producerId() == other.producerId() && one.epoch() == other.epoch() && one.state() == other.state()
                && one.startedAt() == other.startedAt();
    }

    /** On a thread of its own. @param then on the same thread, before whoever waits goes on */
    void start(Runnable then) {
        Thread.ofVirtual().name("complete " + prepared.id()).start(() -> {
            try {
                complete = run();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            } finally {
                end(then);
            }
        });
    }

    /** On the caller's thread, which waits for it anyway, and on one of its own only if there are obstacles. */
    void startHere(Runnable then) {
        boolean done = false;
        try {
            done = isDone();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failed) {
            LOG.debug("transaction of {} meets an obstacle", prepared.id(), failed);
        }
        if (done) {
            complete = true;
            end(then);
        } else {
            start(then);
        }
    }

    private void end(Runnable then) {
        then.run();
        ended.countDown();
    }

    /** @return whether it is complete; false if it takes longer, or the node stops */
    boolean await(long millis) {
        try {
            return ended.await(millis, TimeUnit.MILLISECONDS) && complete;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean run() throws InterruptedException {
        long pause = FIRST_PAUSE_MS;
        while (true) {
            String obstacle;
            try {
                if (isDone()) {
                    return true;
                }
                obstacle = "no marker on " + left + " yet";
            } catch (RuntimeException | Error failed) {
                obstacle = failed.toString();
            }
            if (pause == FIRST_PAUSE_MS || pause == LONGEST_PAUSE_MS) {
                LOG.warn("transaction of {} (producer {}, epoch {}) stays {}: {}; trying on", prepared.id(), prepared.producerId(), prepared.epoch(),
                        prepared.state(), obstacle);
            }
            if (stopping.await(pause, TimeUnit.MILLISECONDS)) {
                LOG.warn("transaction of {} stays {}: it is completed when the node starts again", prepared.id(), prepared.state());
                return false;
            }
            pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
        }
    }

    private boolean isDone() throws InterruptedException {
        Shard<TransactionShard> shard = keeper.get();
        // The lock is free once the decision is in the log; if the log refused it, it was never taken.
        if (!isSame(shard.run((state, journal) -> state.transaction(prepared.id())), prepared)) {
            return true;
        }
        shard.awaitDurable();
        boolean commit = prepared.state() == Transaction.State.PREPARE_COMMIT;
        Map<TopicPartition, Errors> results = markers.write(left, prepared.producerId(), prepared.epoch(), commit, shard.epoch(), prepared.clientVersion());
        left.removeIf(partition -> Markers.isDone(results.get(partition)));
        if (!left.isEmpty()) {
            return false;
        }
        // Until this is on disk a restart writes the markers again. No later transaction of the producer begins before it is.
        shard.runLazily((state, journal) -> state.complete(prepared, journal));
        return true;
    }
}
