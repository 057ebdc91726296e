package io.millrace.broker.log.journal;

import org.apache.kafka.common.Uuid;

/** A log whose records the journal may hold before the log's own files do. Thread-safe. */
public interface Journaled {

    Uuid topicId();

    int partition();

    /** Whether the log can do without the journal up to that offset: its own files hold that durably, or it is deleted. */
    boolean isSynced(long offset);

    /** Brings the log's own files to stable storage; blocks. If that fails the log is offline, and {@link #isSynced} says no. */
    void sync();
}
