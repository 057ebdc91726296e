package io.millrace.broker.log;

import java.util.List;

/** What a partition's log knows of those who write to it. Thread-safe. */
public interface PartitionProducers {

    /**
     * To be called before a transaction's coordinator is asked whether the producer may write here (KIP-890).
     *
     * @param sequence of the batch to come
     * @param fromZero whether the producer has a new epoch with each transaction, so that it begins with sequence 0
     * @return null if the transaction is open here, so that nobody needs to be asked
     */
    Verification verify(long producerId, short epoch, int sequence, boolean fromZero);

    /** Whether the producer may write to the transaction here and now. */
    boolean isVerified(long producerId, short epoch, Verification verification);

    /** The coordinator did not agree and will not. */
    void refused(long producerId, Verification verification);

    /** Those remembered, for DescribeProducers. */
    List<ActiveProducer> active();

    record ActiveProducer(long producerId, short epoch, int lastSequence, long lastTimestamp, int coordinatorEpoch, long currentTransactionStart) {}
}
