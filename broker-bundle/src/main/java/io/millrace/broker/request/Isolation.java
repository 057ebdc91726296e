package io.millrace.broker.request;

import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.InvalidRequestException;

/** Which records a client wants to read, as requests have it: 0 all, 1 those of committed transactions and of none. */
public final class Isolation {

    private Isolation() {
    }

    /** @throws InvalidRequestException if there is no such level */
    public static boolean isCommitted(byte level) {
        if (level == IsolationLevel.READ_COMMITTED.id()) {
            return true;
        }
        if (level == IsolationLevel.READ_UNCOMMITTED.id()) {
            return false;
        }
        throw new InvalidRequestException("there is no isolation level " + level + "; 0 is read_uncommitted, 1 is read_committed");
    }
}
