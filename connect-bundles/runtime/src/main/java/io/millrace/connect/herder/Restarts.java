package io.millrace.connect.herder;

/** When something that failed is started again: after pauses that double, a limited number of times in a row. Not thread-safe; time is handed in. */
final class Restarts {

    static final long GIVE_UP = -1;

    private static final long MAX_PAUSE_MS = 60_000;
    /** Running for this long makes up for former failures. */
    private static final long HEALTHY_MS = 60_000;

    /** @param attempts in a row; 0 for none, negative for no limit */
    record Policy(int attempts, long firstPauseMs) {}

    private final Policy policy;
    private int failures;

    Restarts(Policy policy) {
        this.policy = policy;
    }

    /**
     * @param ranMs how long it had been running
     * @return pause before the next start in milliseconds, or {@link #GIVE_UP}
     */
    long failed(long ranMs) {
        if (ranMs >= HEALTHY_MS) {
            failures = 0;
        }
        if (policy.attempts() >= 0 && failures >= policy.attempts()) {
            return GIVE_UP;
        }
        return Math.min(MAX_PAUSE_MS, policy.firstPauseMs() << Math.min(failures++, 16));
    }

    /** The budget is whole again. */
    void forget() {
        failures = 0;
    }

    int failures() {
        return failures;
    }
}
