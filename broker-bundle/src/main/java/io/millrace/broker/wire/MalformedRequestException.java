package io.millrace.broker.wire;

/** Bytes that are no request this node serves. There is no answer to it: the connection ends. */
public final class MalformedRequestException extends Exception {

    private static final long serialVersionUID = 1L;

    public MalformedRequestException(String message) {
        super(message);
    }

    MalformedRequestException(String message, Throwable cause) {
        super(message, cause);
    }
}
