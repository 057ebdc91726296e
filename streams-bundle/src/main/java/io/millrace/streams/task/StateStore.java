package io.millrace.streams.task;

/** A task's state of one name, held in memory; its changes since the last commit go to the changelog in one piece. */
interface StateStore {

    /** Takes back one record of the changelog, in the order of the log. */
    void restore(byte[] key, byte[] value, long timestamp);

    /** Writes the last value of each key that changed since the last call, and forgets what is no longer needed. */
    void writeChanges(Output output);

    long entries();
}
