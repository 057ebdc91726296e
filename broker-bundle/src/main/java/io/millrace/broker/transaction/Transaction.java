package io.millrace.broker.transaction;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What is known of a transactional id. Immutable; this is also what its record holds.
 *
 * @param producerId         of the producer that has the id now
 * @param epoch              of that producer; in a prepared state the epoch that the markers carry
 * @param previousProducerId before the epochs were used up, or -1
 * @param nextProducerId     in force once the transaction is complete because the epochs are used up, or -1
 * @param previousEpoch      the epoch that the newest one was made from, or -1; lets a repeated request be told from one of a fenced producer
 * @param partitions         that take part in the transaction
 * @param updatedAt          milliseconds since 1970
 * @param startedAt          milliseconds since 1970, of the newest transaction; -1 if there was none yet
 * @param clientVersion      2 if the producer gets a new epoch for every transaction (KIP-890)
 */
record Transaction(String id, long producerId, short epoch, long previousProducerId, long nextProducerId, short previousEpoch, int timeoutMs, State state,
        Set<TopicPartition> partitions, long updatedAt, long startedAt, int clientVersion) {

    static final long NONE = -1;
    static final short NO_EPOCH = -1;
    /** The greatest epoch a client has; the one above is kept for fencing it. */
    static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    Transaction {
        partitions = Set.copyOf(partitions);
    }

    /** What a producer writes with. */
    record Producer(long id, short epoch) {
        static final Producer NONE = new Producer(-1, (short) -1);
    }

    enum State {
        EMPTY(0, "Empty"), ONGOING(1, "Ongoing"), PREPARE_COMMIT(2, "PrepareCommit"), PREPARE_ABORT(3, "PrepareAbort"),
        COMPLETE_COMMIT(4, "CompleteCommit"), COMPLETE_ABORT(5, "CompleteAbort");

        private final int code;
        private final String text;

        State(int code, String text) {
            this.code = code;
            this.text = text;
        }

        byte code() {
            return (byte) code;
        }

        boolean isPrepared() {
            return this == PREPARE_COMMIT || this == PREPARE_ABORT;
        }

        static State of(byte code) {
            return List.of(values()).stream().filter(state -> state.code == code).findFirst()
                    .orElseThrow(() -> new IllegalStateException("a transaction is in state " + code + ", which this release does not know"));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    Transaction as(State newState, Set<TopicPartition> newPartitions, long now, long started) {
        return new Transaction(id, producerId, epoch, previousProducerId, nextProducerId, previousEpoch, timeoutMs, newState, newPartitions, now, started,
                clientVersion);
    }

    Transaction of(long newProducerId, short newEpoch, long newPrevious, long newNext, short newPreviousEpoch) {
        return new Transaction(id, newProducerId, newEpoch, newPrevious, newNext, newPreviousEpoch, timeoutMs, state, partitions, updatedAt, startedAt,
                clientVersion);
    }

    Transaction by(int newClientVersion, int newTimeoutMs) {
        return new Transaction(id, producerId, epoch, previousProducerId, nextProducerId, previousEpoch, newTimeoutMs, state, partitions, updatedAt,
                startedAt, newClientVersion);
    }

    boolean isExhausted() {
        return epoch >= LAST_EPOCH;
    }

    /** What the producer has that has the id now. */
    Producer producer() {
        return new Producer(producerId, epoch);
    }

    /** What the producer writes with once the transaction, which is prepared, is complete. */
    Producer producerAfter() {
        return nextProducerId == NONE ? producer() : new Producer(nextProducerId, (short) 0);
    }

    /** Whether it is the producer that has the id now, or the one whose place that has taken just before. */
    boolean isOf(Producer producer) {
        if (producer.id() == producerId) {
            return producer.epoch() == epoch || producer.epoch() == previousEpoch && producer.epoch() >= 0;
        }
        return producer.id() == previousProducerId && producer.epoch() >= LAST_EPOCH;
    }

    /** Whether it is the producer as it was before its newest transaction ended. */
    boolean isOfTheOneBefore(Producer producer) {
        if (clientVersion < 2) {
            return false;
        }
        return producer.id() == producerId && producer.epoch() == epoch - 1
                || producer.id() == previousProducerId && producer.epoch() == LAST_EPOCH && epoch == 0;
    }
}
