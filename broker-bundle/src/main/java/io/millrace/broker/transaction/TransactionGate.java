package io.millrace.broker.transaction;

import java.util.Collection;
import org.apache.kafka.common.TopicPartition;

/**
 * Asked before transactional batches are appended (KIP-890): no partition takes part in a transaction that its coordinator does not know of, so
 * none can be left hanging.
 */
public interface TransactionGate {

    /**
     * @param add whether the partitions join the transaction here (clients of transaction.version 2, Produce v12 and later) or must already be
     *            part of it; blocks until the coordinator's log has them durably
     * @throws org.apache.kafka.common.errors.ApiException such as InvalidTxnState, ProducerFenced, TransactionAbortable
     */
    void enter(String transactionalId, long producerId, short producerEpoch, Collection<TopicPartition> partitions, boolean add);
}
