package io.millrace.broker.log;

/**
 * That a transaction's coordinator was asked whether a producer may write to a partition (KIP-890). The log knows its own by identity: one from
 * before the transaction's marker is worth nothing, so that a batch that was under way when its transaction ended cannot open one anew.
 */
public final class Verification {

    /** For who writes without asking, if {@code transaction.partition.verification.enable} is off. */
    public static final Verification NOT_REQUIRED = new Verification((short) -1, Integer.MAX_VALUE, false, Long.MAX_VALUE);

    private final boolean fromZero;
    private final long since;
    private short epoch;
    private int lowestSequence;

    Verification(short epoch, int sequence, boolean fromZero, long since) {
        this.epoch = epoch;
        this.lowestSequence = sequence;
        this.fromZero = fromZero;
        this.since = since;
    }

    /** Another batch of the same producer is about to come. */
    void expect(short batchEpoch, int sequence) {
        if (batchEpoch > epoch) {
            epoch = batchEpoch;
            lowestSequence = sequence;
        } else if (batchEpoch == epoch) {
            lowestSequence = Math.min(lowestSequence, sequence);
        }
    }

    /** Whether a batch may be a producer's first one here: not if one before it was tried and refused, and from 0 on if epochs change with each transaction. */
    boolean allowsFirst(int sequence) {
        return sequence <= lowestSequence && (!fromZero || sequence == 0);
    }

    long since() {
        return since;
    }
}
