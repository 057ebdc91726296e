package io.millrace.kernel.sweep;

import java.util.List;

/** The handler of exceptions that nobody caught, of which the JVM has one. */
final class Handlers {

    private Handlers() {}

    static List<String> sweep(ClassLoader own) {
        Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
        if (handler == null || handler.getClass().getClassLoader() != own) {
            return List.of();
        }
        Thread.setDefaultUncaughtExceptionHandler(null);
        return List.of("default handler of uncaught exceptions " + handler.getClass().getName());
    }
}
