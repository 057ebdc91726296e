package io.millrace.connect.pipeline;

import io.millrace.api.plugin.PluginScope;
import io.millrace.connect.config.ConnectorConfig;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.errors.RetriableException;

/** Runs one stage for one record; a failure that may pass is tried again for as long as {@code errors.retry.timeout} allows. */
final class Attempts {

    private static final long FIRST_DELAY_MS = 300;

    private final long timeoutMs;
    private final long maxDelayMs;

    Attempts(ConnectorConfig config) {
        this.timeoutMs = config.number("errors.retry.timeout");
        this.maxDelayMs = config.number("errors.retry.delay.max.ms");
    }

    /** @param loader what the context class loader must be meanwhile, or null if any will do */
    <T> T run(Stage stage, Object executing, ClassLoader loader, Callable<T> operation) throws StageFailure, InterruptedException {
        if (loader == null || loader == Thread.currentThread().getContextClassLoader()) {
            return run(stage, executing, operation);
        }
        try (var _ = PluginScope.of(loader)) {
            return run(stage, executing, operation);
        }
    }

    private <T> T run(Stage stage, Object executing, Callable<T> operation) throws StageFailure, InterruptedException {
        long start = 0;
        for (int attempt = 0;; attempt++) {
            try {
                return operation.call();
            } catch (InterruptedException e) {
                throw e;
            } catch (RetriableException e) {
                long now = System.nanoTime();
                start = attempt == 0 ? now : start;
                long spent = TimeUnit.NANOSECONDS.toMillis(now - start);
                if (timeoutMs >= 0 && spent >= timeoutMs) {
                    throw new StageFailure(stage, executing.getClass().getName(), e);
                }
                Thread.sleep(delay(attempt, timeoutMs < 0 ? Long.MAX_VALUE : timeoutMs - spent));
            } catch (Exception e) {
                throw new StageFailure(stage, executing.getClass().getName(), e);
            }
        }
    }

    private long delay(int attempt, long left) {
        long doubled = FIRST_DELAY_MS << Math.min(attempt, 20);
        long capped = doubled <= maxDelayMs ? doubled : ThreadLocalRandom.current().nextLong(Math.max(1, maxDelayMs));
        return Math.min(capped, left);
    }
}
