package io.millrace.kernel.plugin.sample;

import java.util.function.Supplier;

/** What a test plugin provides. */
public final class Greeting implements Supplier<String> {

    @Override
    public String get() {
        return "hello from " + Thread.currentThread().getContextClassLoader().getName();
    }
}
