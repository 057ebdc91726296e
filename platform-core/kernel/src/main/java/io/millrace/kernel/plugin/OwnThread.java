package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Operations run on threads of their own: what plugin code leaves on its caller's thread must not live longer than the operation. */
final class OwnThread {

    private OwnThread() {}

    static void start(String name, Runnable work) {
        Thread thread = Thread.ofPlatform().name(name).daemon().unstarted(work);
        thread.setContextClassLoader(OwnThread.class.getClassLoader());
        thread.start();
    }

    /** Waits for the operation's end, whatever happens to the caller. */
    static <R> R call(String name, Callable<R> operation) throws PluginException {
        FutureTask<R> task = new FutureTask<>(operation);
        start(name, task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    // Half an update helps nobody: it ends by itself, and the caller learns how.
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PluginException failure) {
                throw failure;
            }
            throw new PluginException(BundleStage.reason(e), e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
