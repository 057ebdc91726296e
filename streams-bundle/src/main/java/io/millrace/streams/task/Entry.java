package io.millrace.streams.task;

/** A key's value in a store. */
final class Entry {

    final Object key;
    Object value;
    long timestamp;
    /** Changed since the changelog was last written. */
    boolean changed;
    /** Changed since the operator last forwarded it. */
    boolean unsent;
    /** What it forwarded last; kept only while {@link #unsent}. */
    Object before;

    Entry(Object key, Object value, long timestamp) {
        this.key = key;
        this.value = value;
        this.timestamp = timestamp;
    }
}
