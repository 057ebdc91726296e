package io.millrace.broker.transaction;

import io.millrace.broker.transaction.Transaction.Producer;
import io.millrace.broker.transaction.Transaction.State;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What partitions' logs know of open transactions when a node starts. Records that make a partition part of a transaction and the coordinator's record of
 * that go to disk side by side, and are acknowledged when both are there. If the power fails in between, the disk may have the former only: then the
 * partition joins once more, and its producer goes on, or the transaction is aborted when its time is over. Without that nobody would end it there.
 *
 * <p>A lost join is the newest that a coordinator's log could have of its transaction: what comes later holds it, too. So the log ends with the
 * producer as it was when the transaction began. Not thread-safe.
 */
final class LostJoins {

    static final LostJoins NONE = new LostJoins();

    private final Map<Producer, Set<TopicPartition>> open = new HashMap<>();

    /** A transaction of the producer is open in the partition. */
    void open(Producer producer, TopicPartition partition) {
        open.computeIfAbsent(producer, _ -> new HashSet<>()).add(partition);
    }

    boolean isEmpty() {
        return open.isEmpty();
    }

    /** @return the transaction with the partitions that it lacks; null if it lacks none, or must be complete before the one that does begins */
    Transaction rejoined(Transaction known, long now) {
        Set<TopicPartition> partitions = open.getOrDefault(known.producer(), Set.of());
        if (partitions.isEmpty() || known.state().isPrepared()) {
            return null;
        }
        if (known.state() == State.ONGOING) {
            if (known.partitions().containsAll(partitions)) {
                return null;
            }
            Set<TopicPartition> all = new HashSet<>(known.partitions());
            all.addAll(partitions);
            return known.as(State.ONGOING, all, now, known.startedAt());
        }
        // Of a producer that keeps its epoch it cannot be told whether what is open is of this transaction; it added partitions durably beforehand.
        boolean ofTheNextOne = known.state() == State.EMPTY || known.clientVersion() >= 2;
        return ofTheNextOne ? known.by(2, known.timeoutMs()).as(State.ONGOING, partitions, now, now) : null;
    }
}
