package io.millrace.launcher;

/** The platform cannot start. The message is one line that names the thing, the value and the mend. */
public final class StartFailure extends Exception {

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
