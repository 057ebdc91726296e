package io.millrace.broker.log.clean;

import org.apache.kafka.common.errors.KafkaStorageException;

/** What was cleaned is not what the log consists of any more: a segment was deleted, or the log is in another folder now. Nothing is wrong with it. */
public final class LogChanged extends KafkaStorageException {

    private static final long serialVersionUID = 1L;

    public LogChanged(String message) {
        super(message);
    }
}
