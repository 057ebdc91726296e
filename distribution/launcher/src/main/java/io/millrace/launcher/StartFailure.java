package io.millrace.launcher;

import org.osgi.framework.BundleException;

/** The platform cannot start. The message is one line that names the thing, the value and the mend. */
public final class StartFailure extends Exception {

    public StartFailure(String message) {
        super(message);
    }

    public StartFailure(String message, Throwable cause) {
        super(message, cause);
    }

    /** The message that was written for people: a bundle's own, under the framework's, above the system's. */
    static String message(Throwable failure) {
        Throwable told = failure;
        while (told.getCause() != null
                && (told instanceof BundleException || told.getMessage() == null || told.getMessage().equals(told.getCause().toString()))) {
            told = told.getCause();
        }
        String message = told.getMessage() == null ? told.toString() : told.getMessage();
        return message.lines().findFirst().orElse(told.toString());
    }
}
