package io.millrace.cli;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** Hands over to the demo, which is on the class path only when {@code bin/millrace} runs it. */
@Command(name = "demo", description = "Capture a real PostgreSQL, count its orders in windows, write the result back. See demo --help.")
final class Demo implements Callable<Integer> {

    private static final String CLASS = "io.millrace.demo.Demo";

    @Unmatched
    private String[] arguments = new String[0];

    @Override
    public Integer call() throws ReflectiveOperationException {
        Class<?> demo;
        try {
            demo = Class.forName(CLASS);
        } catch (ClassNotFoundException _) {
            throw new IllegalStateException("the demo is not part of this distribution (no " + CLASS + " in " + Distribution.home().resolve("demo/lib") + ")");
        }
        try {
            return (Integer) demo.getMethod("run", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException failed) {
            throw new IllegalStateException("demo: " + failed.getCause().getMessage(), failed.getCause());
        }
    }
}
