package io.millrace.streams.task;

/** A record that the job cannot process; the message has its coordinates. */
public final class RecordException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RecordException(String message, Throwable cause) {
        super(message, cause);
    }
}
