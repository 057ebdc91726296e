package io.millrace.connect.rest;

import io.millrace.api.http.HttpAnswer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /health} of a runtime that is open (KIP-1017): whether it can read what is stored of its connectors, without which nothing can be changed.
 * However many ask, one looks. Thread-safe.
 */
final class WorkerHealth {

    private static final Logger LOG = LoggerFactory.getLogger(WorkerHealth.class);

    /** Returns when all is well; may block. */
    interface Probe {

        void look() throws Exception;
    }

    private final Probe probe;
    private final Duration limit;
    /** Guarded by this object's lock. */
    private CompletableFuture<Void> looking;

    /** @param limit after which it is taken for unwell; Kafka Connect's is ten seconds */
    WorkerHealth(Probe probe, Duration limit) {
        this.probe = probe;
        this.limit = limit;
    }

    HttpAnswer answer() throws InterruptedException {
        try {
            look().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return answer(200, "healthy", "Worker has completed startup and is ready to handle requests.");
        } catch (ExecutionException e) {
            return unhealthy(e.getCause().toString());
        } catch (TimeoutException e) {
            return unhealthy("topic connect-configs could not be read within " + limit.toSeconds() + " s");
        }
    }

    private synchronized CompletableFuture<Void> look() {
        if (looking == null || looking.isDone()) {
            CompletableFuture<Void> begun = new CompletableFuture<>();
            looking = begun;
            Thread.ofVirtual().name("connect-health").start(() -> {
                try {
                    probe.look();
                    begun.complete(null);
                } catch (Throwable e) {
                    begun.completeExceptionally(e);
                }
            });
        }
        return looking;
    }

    private static HttpAnswer unhealthy(String why) {
        LOG.warn("the connect runtime is unhealthy: {}", why);
        return answer(500, "unhealthy", "Worker was unable to handle this request and may be unable to handle other requests. " + why);
    }

    private static HttpAnswer answer(int code, String status, String message) {
        return Json.answer(code, Json.object("status", status, "message", message));
    }
}
