package io.millrace.connect.herder;

import io.millrace.connect.task.TaskCounters;

/**
 * How a task is, as it is reported.
 *
 * @param version     what the class says of itself, or null if the task has not started yet
 * @param restartAtMs when it is started again, 0 if it is not going to be
 */
public record TaskStatus(int id, RunState state, String version, String trace, int restarts, long restartAtMs, Readiness readiness,
        TaskCounters.Snapshot counters) {

    static TaskStatus of(TaskRunner.Status task, long nowMs) {
        return new TaskStatus(task.id().task(), task.state(), task.version(), task.state() == RunState.FAILED ? task.trace() : "", task.restarts(),
                task.restartAtMs(), Readiness.of(task, nowMs), task.counters());
    }

    /** The same, as one that is going to be restarted. */
    TaskStatus restarting() {
        return new TaskStatus(id, RunState.RESTARTING, version, "", restarts, 0, readiness, counters);
    }
}
