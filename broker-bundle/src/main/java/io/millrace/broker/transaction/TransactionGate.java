package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Decided;
import java.util.Collection;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * Asked before transactional batches are appended (KIP-890): no partition takes part in a transaction that its coordinator does not know of, so
 * none can be left hanging.
 */
public interface TransactionGate {

    /** What the client of a request does and understands. */
    enum Client {
        /** Adds partitions beforehand. */
        OLD,
        /** Likewise, and knows of errors after which it may abort and go on. */
        KNOWS_ABORTABLE,
        /** Adds partitions by writing to them (transaction.version 2). */
        ADDS_BY_WRITING;

        public static Client ofProduce(int version) {
            return version >= 12 ? ADDS_BY_WRITING : version >= 11 ? KNOWS_ABORTABLE : OLD;
        }

        public static Client ofTxnOffsetCommit(int version) {
            return version >= 5 ? ADDS_BY_WRITING : version >= 4 ? KNOWS_ABORTABLE : OLD;
        }
    }

    /** Whether {@link #enter} has to be asked; if not, whoever writes is believed ({@code transaction.partition.verification.enable}). */
    boolean isAskedFor(Client client);

    /**
     * Whether they are part of the transaction, if they must be already.
     *
     * @param errors  what is wrong, by partition, in words that the client understands; NONE otherwise
     * @param decided if they join the transaction here, to be durable before anything is acknowledged that is written to them; or null. The disk is
     *                not asked for it yet, so that it can be asked for both at once.
     */
    record Entry(Map<TopicPartition, Errors> errors, Decided decided) {
    }

    /** Partitions join the transaction, or must be part of it already. Blocks while the transaction before it is ending. */
    Entry enter(String transactionalId, long producerId, short producerEpoch, Collection<TopicPartition> partitions, Client client);
}
