package io.millrace.broker.log;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that open and make logs side by side. They are their own, since they touch files: nobody may interrupt them. */
final class LogOpeners {

    private LogOpeners() {
    }

    /** @param most threads at once; returns when all tasks are done, or throws what the first of them threw that failed */
    static void run(List<Callable<Void>> tasks, int most) throws IOException {
        int threads = Math.min(tasks.size(), most);
        if (threads == 0) {
            return;
        }
        try (ExecutorService openers = Executors.newFixedThreadPool(threads, Thread.ofPlatform().name("log-opener-", 0).factory())) {
            List<Future<Void>> results = new ArrayList<>();
            tasks.forEach(task -> results.add(openers.submit(task)));
            for (Future<Void> result : results) {
                try {
                    result.get();
                } catch (ExecutionException failed) {
                    switch (failed.getCause()) {
                        case IOException unreadable -> throw unreadable;
                        case RuntimeException broken -> throw broken;
                        default -> throw new IOException(failed.getCause());
                    }
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the logs were being opened", stopped);
        }
    }
}
