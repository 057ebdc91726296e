package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whether operations may begin: not before the store is open, not after the end. */
final class Opening {

    private static final int LONGEST_SECONDS = 30;

    private final CountDownLatch first = new CountDownLatch(1);
    private volatile boolean open;
    private volatile boolean closed;
    private volatile String broken = "";

    void opened() {
        open = true;
        broken = "";
        first.countDown();
    }

    void failed(String why) {
        broken = why;
        first.countDown();
    }

    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    /** Why the store is not open, or empty. */
    String broken() {
        return broken;
    }

    /** Whoever comes while the platform starts waits rather than being sent away. */
    void await() throws PluginException {
        try {
            if (!first.await(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                throw new PluginException("plugins are still starting after " + LONGEST_SECONDS + " s; see the log, and try again later");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginException("interrupted while plugins were starting; nothing was changed", e);
        }
        if (closed) {
            throw new PluginException("the platform is stopping; nothing was changed");
        }
        if (!open) {
            throw new PluginException(broken);
        }
    }
}
