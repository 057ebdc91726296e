package io.millrace.streams.job;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** How often and how soon a failing job is started again: after 1, 2, 4 ... at most 30 s, six times in ten minutes. */
final class RestartBudget {

    private static final int RESTARTS = 6;
    private static final long WINDOW_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final long LONGEST_MILLIS = 30_000;

    private final Deque<Long> failures = new ArrayDeque<>();

    /** @return how long to wait before the next start; empty if the budget is spent */
    Optional<Duration> failed(long nowMillis) {
        while (!failures.isEmpty() && nowMillis - failures.peekFirst() > WINDOW_MILLIS) {
            failures.removeFirst();
        }
        if (failures.size() >= RESTARTS) {
            return Optional.empty();
        }
        failures.addLast(nowMillis);
        return Optional.of(Duration.ofMillis(Math.min(LONGEST_MILLIS, 1_000L << (failures.size() - 1))));
    }
}
