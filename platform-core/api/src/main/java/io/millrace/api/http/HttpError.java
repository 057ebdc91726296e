package io.millrace.api.http;

/** Answers a request with an error status and, as Kafka Connect does, {@code {"error_code": status, "message": ...}}. */
public final class HttpError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    public HttpError(int status, String message) {
        super(message);
        this.status = status;
    }

    public int status() {
        return status;
    }
}
