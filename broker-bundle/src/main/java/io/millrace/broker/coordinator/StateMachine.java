package io.millrace.broker.coordinator;

import java.nio.ByteBuffer;

/**
 * The state of one partition of an internal topic. Deterministic: no thread, clock or I/O in it. Commands change the state at once and write
 * into a {@link Journal} what a replay needs to come to the same state. Used under its shard's lock.
 */
public interface StateMachine {

    long NEVER = Long.MAX_VALUE;

    /** One record of the log, in order. @param producerId of the open transaction it belongs to, or -1; @param value null for a tombstone */
    void replay(long producerId, short producerEpoch, ByteBuffer key, ByteBuffer value);

    /** A transaction ended in this partition: when it happens, and when it is replayed. */
    void ended(long producerId, boolean committed);

    /** The whole log was replayed. */
    void loaded(long now);

    /** When {@link #onTime} has to be called, at the latest; {@link #NEVER} for not at all. */
    long nextDeadline();

    void onTime(Journal journal);

    /** The state is given up: whoever waits for an answer gets the failure. */
    void abandon(RuntimeException failure);
}
