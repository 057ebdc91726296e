package io.millrace.connect.herder;

/**
 * Whether a connector or task does now what it is there for.
 *
 * @param reason why it does not, in one line; empty if it does
 */
public record Readiness(String reason) {

    private static final Readiness READY = new Readiness("");

    public boolean ready() {
        return reason.isEmpty();
    }

    static Readiness of(TaskRunner.Status task, long nowMs) {
        return switch (task.state()) {
            case RUNNING -> task.delay().isEmpty() ? READY : new Readiness("its connector asks to be given the same records again: " + task.delay());
            case PAUSED -> new Readiness("paused; resume the connector");
            case STOPPED -> new Readiness("stopped; resume the connector");
            case UNASSIGNED, RESTARTING -> new Readiness("starting for " + Math.max(0, nowMs - task.sinceMs()) + " ms"
                    + (task.restarts() > 0 ? ", restart " + task.restarts() : "") + "; its connector's start() has not returned yet");
            case FAILED -> new Readiness(task.restartAtMs() > 0 ? "failed, restart " + (task.restarts() + 1) + " in " + Math.max(0, task.restartAtMs() - nowMs)
                    + " ms: " + firstLine(task.trace())
                    : "failed and given up after " + task.restarts() + " restart(s); mend the cause and restart it: " + firstLine(task.trace()));
        };
    }

    static Readiness of(RunState connector, String trace) {
        return switch (connector) {
            case RUNNING -> READY;
            case PAUSED -> new Readiness("paused; resume it");
            case STOPPED -> new Readiness("stopped; resume it");
            case RESTARTING -> new Readiness("is being restarted");
            case UNASSIGNED -> new Readiness(trace.isEmpty() ? "starting" : firstLine(trace));
            case FAILED -> new Readiness("failed: " + firstLine(trace));
        };
    }

    static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end).strip();
    }
}
