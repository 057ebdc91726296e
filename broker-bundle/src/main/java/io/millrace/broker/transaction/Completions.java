package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Shard;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;

/** The transactions under way from prepared to complete, at most one of each transactional id. Thread-safe. */
final class Completions {

    /** How long a request waits for a transaction that is ending. */
    private static final long PATIENCE_MS = 10_000;

    private final Markers markers;
    private final Function<String, Shard<TransactionShard>> keepers;
    private final Map<String, Completion> underWay = new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /** @param keepers of the transactions, by id; may block, is not called by {@link #register} nor {@link #start} */
    Completions(Markers markers, Function<String, Shard<TransactionShard>> keepers) {
        this.markers = markers;
        this.keepers = keepers;
    }

    boolean isUnderWay(String id) {
        return underWay.containsKey(id);
    }

    /** @return whether no transaction of the id is ending any more */
    boolean await(String id) {
        Completion completion = underWay.get(id);
        return completion == null || completion.await(PATIENCE_MS);
    }

    /**
     * @return completes the transaction on the thread that runs it, which must be, whatever happens; null if it is on its way already: there is one for
     *         each, so that no marker of it comes when the next transaction has begun
     */
    Runnable register(Transaction prepared) {
        Completion completion = registered(prepared);
        return completion == null ? null : () -> completion.startHere(() -> underWay.remove(prepared.id(), completion));
    }

    /** On a thread of its own, unless it is on its way already. */
    void start(Transaction prepared) {
        Completion completion = registered(prepared);
        if (completion != null) {
            completion.start(() -> underWay.remove(prepared.id(), completion));
        }
    }

    private Completion registered(Transaction prepared) {
        Completion made = new Completion(prepared, () -> keepers.apply(prepared.id()), markers, stopping);
        return underWay.compute(prepared.id(), (_, current) -> current != null && current.isOf(prepared) ? current : made) == made ? made : null;
    }

    /** Those that meet obstacles go on when the node starts again. Blocks until the others are done. */
    void stop() {
        stopping.countDown();
        underWay.values().forEach(completion -> completion.await(PATIENCE_MS));
    }
}
