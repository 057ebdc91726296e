package io.millrace.kernel.guard;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.osgi.framework.BundleReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in for methods of the JDK in classes of plugins, each with the signature of what it replaces and the receiver first.
 * {@link CallSites} leads the calls here. What would end the process is refused; what would stay behind a plugin is remembered.
 */
public final class PluginGuard {

    private static final Logger LOG = LoggerFactory.getLogger(PluginGuard.class);
    private static final StackWalker CALLERS = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private PluginGuard() {}

    /** For {@link System#exit}. */
    public static void exit(int status) {
        throw refused("System.exit(" + status + ")", caller());
    }

    /** For {@link Runtime#exit}. */
    public static void exit(Runtime runtime, int status) {
        throw refused("Runtime.exit(" + status + ")", caller());
    }

    /** For {@link Runtime#halt}. */
    public static void halt(Runtime runtime, int status) {
        throw refused("Runtime.halt(" + status + ")", caller());
    }

    private static SecurityException refused(String call, StackWalker.StackFrame from) {
        String message = Owner.of(from.getDeclaringClass()) + ": " + from.getClassName() + "." + from.getMethodName() + " calls " + call
                + ", which would end the whole platform, and is refused; let the plugin throw an exception instead";
        LOG.error(message);
        return new SecurityException(message);
    }

    /** For {@link Runtime#addShutdownHook}. */
    public static void addShutdownHook(Runtime runtime, Thread hook) {
        runtime.addShutdownHook(hook);
        Remembered.of(caller().getDeclaringClass()).add(hook);
    }

    /** For {@link Runtime#removeShutdownHook}. */
    public static boolean removeShutdownHook(Runtime runtime, Thread hook) {
        Remembered.of(caller().getDeclaringClass()).remove(hook);
        return runtime.removeShutdownHook(hook);
    }

    /** For {@link Thread#startVirtualThread}. */
    public static Thread startVirtualThread(Runnable task) {
        return Thread.startVirtualThread(Remembered.of(caller().getDeclaringClass()).followed(task));
    }

    /** For {@link Thread.Builder#start}. */
    public static Thread start(Thread.Builder builder, Runnable task) {
        return builder.start(Remembered.of(caller().getDeclaringClass()).followed(task));
    }

    /** For {@link Thread.Builder#unstarted}. */
    public static Thread unstarted(Thread.Builder builder, Runnable task) {
        return builder.unstarted(Remembered.of(caller().getDeclaringClass()).followed(task));
    }

    /** For {@link Thread.Builder#factory}. */
    public static ThreadFactory factory(Thread.Builder builder) {
        return followed(builder.factory(), Remembered.of(caller().getDeclaringClass()));
    }

    /** For {@link Executors#newVirtualThreadPerTaskExecutor}. */
    public static ExecutorService newVirtualThreadPerTaskExecutor() {
        return Executors.newThreadPerTaskExecutor(followed(Thread.ofVirtual().factory(), Remembered.of(caller().getDeclaringClass())));
    }

    private static ThreadFactory followed(ThreadFactory factory, Remembered remembered) {
        return task -> factory.newThread(remembered.followed(task));
    }

    /** Whose call was led here; where the JDK calls a method reference, the bundle that called the JDK. */
    private static StackWalker.StackFrame caller() {
        return CALLERS.walk(frames -> frames.skip(2).filter(frame -> frame.getDeclaringClass().getClassLoader() instanceof BundleReference).findFirst())
                .orElseGet(() -> CALLERS.walk(frames -> frames.skip(2).findFirst().orElseThrow()));
    }
}
