package io.millrace.connect.herder;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Failures as text. What is kept of a plugin's exception is never the exception: it would keep the plugin's class loader. */
final class Traces {

    private static final int MAX_CHARS = 16_384;

    private Traces() {}

    static String of(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.getBuffer().length() <= MAX_CHARS ? text.toString() : text.toString().substring(0, MAX_CHARS);
    }

    static String brief(Throwable failure) {
        // An error's message is often nothing without its name.
        return failure.getMessage() == null || failure instanceof Error ? failure.toString() : failure.getMessage();
    }
}
