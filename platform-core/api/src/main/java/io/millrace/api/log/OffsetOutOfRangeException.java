package io.millrace.api.log;

/** The offset asked for is not, or no longer, in the log. */
public final class OffsetOutOfRangeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public OffsetOutOfRangeException(String message) {
        super(message);
    }
}
