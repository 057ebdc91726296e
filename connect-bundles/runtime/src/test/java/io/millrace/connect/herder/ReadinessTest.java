package io.millrace.connect.herder;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connect.task.TaskCounters;
import io.millrace.connect.task.TaskId;
import org.junit.jupiter.api.Test;

class ReadinessTest {

    private static TaskRunner.Status task(RunState state, String trace, int restarts, long restartAtMs, String delay) {
        return new TaskRunner.Status(new TaskId("c", 0), state, 1_000, null, trace, false, restarts, restartAtMs, delay, new TaskCounters().snapshot());
    }

    @Test
    void aTaskThatDoesNotDoItsWorkSaysWhyAndUntilWhen() {
        assertThat(Readiness.of(task(RunState.RUNNING, "", 0, 0, ""), 5_000)).isEqualTo(new Readiness("")).matches(Readiness::ready);
        assertThat(Readiness.of(task(RunState.RUNNING, "", 0, 0, "database away"), 5_000).reason()).contains("again: database away");
        assertThat(Readiness.of(task(RunState.UNASSIGNED, "", 0, 0, ""), 5_000).reason()).startsWith("starting for 4000 ms;");
        assertThat(Readiness.of(task(RunState.RESTARTING, "", 3, 0, ""), 5_000).reason()).startsWith("starting for 4000 ms, restart 3;");
        assertThat(Readiness.of(task(RunState.FAILED, "x.Failure: broken\n\tat x", 2, 5_250, ""), 5_000).reason())
                .isEqualTo("failed, restart 3 in 250 ms: x.Failure: broken");
        assertThat(Readiness.of(task(RunState.FAILED, "x.Failure: broken\n\tat x", 20, 0, ""), 5_000).reason())
                .isEqualTo("failed and given up after 20 restart(s); mend the cause and restart it: x.Failure: broken");
        assertThat(Readiness.of(task(RunState.PAUSED, "", 0, 0, ""), 5_000).ready()).isFalse();
        assertThat(Readiness.of(RunState.UNASSIGNED, "waiting for the plugin of x; install it").reason()).startsWith("waiting for the plugin");
    }
}
