package io.millrace.broker.metadata;

import org.apache.kafka.common.errors.KafkaStorageException;

/** The disk has no space for a metadata record; nothing of it was written, and it may be tried again. */
final class JournalFullException extends KafkaStorageException {

    private static final long serialVersionUID = 1L;

    JournalFullException(String message) {
        super(message);
    }
}
