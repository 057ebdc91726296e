package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Shard;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;

/** Hands out producer ids, each once in the cluster's life: in blocks that are durably taken before the first id of them is used. */
final class ProducerIds {

    private static final int BLOCK = 1_000;

    private final Supplier<Shard<TransactionShard>> keeper;
    private long next;
    private long end;

    ProducerIds(Supplier<Shard<TransactionShard>> keeper) {
        this.keeper = keeper;
    }

    /** Now and then blocks for the disk. Must not be called under a shard's lock. */
    synchronized long next() {
        if (next == end) {
            Shard<TransactionShard> shard = keeper.get();
            long first = shard.run((state, journal) -> state.reserveProducerIds(BLOCK, journal));
            try {
                shard.awaitDurable();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new CoordinatorNotAvailableException("the node stops");
            }
            next = first;
            end = first + BLOCK;
        }
        return next++;
    }
}
