package io.millrace.kernel.sweep;

import io.millrace.kernel.guard.Remembered;
import java.util.List;

/** Shutdown hooks of a plugin's classes. */
final class ShutdownHooks {

    private ShutdownHooks() {}

    static List<String> sweep(ClassLoader own) {
        return Remembered.takeHooks(own).stream().map(hook -> "shutdown hook " + hook.getName()).toList();
    }
}
