package io.millrace.broker.coordinator;

import io.millrace.broker.log.PartitionLog;

/**
 * What a coordinator decided up to some moment: records at the end of its log. Nobody is told before they are on stable storage. Immutable.
 *
 * @param until offset behind the last of the records
 */
public record Decided(PartitionLog log, long until) {

    /** Has it brought to stable storage, and does not wait. */
    public void request() {
        log.requestDurable();
    }

    /** Requests it and blocks. @throws org.apache.kafka.common.errors.KafkaStorageException if the disk failed */
    public void awaitDurable() throws InterruptedException {
        log.awaitDurable(until);
    }

    /** Requests it; as {@link PartitionLog#whenDurable}. */
    public boolean whenDurable(Runnable then) {
        return log.whenDurable(until, then);
    }
}
