package io.millrace.connect.herder;

import io.millrace.api.health.HealthCheck;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Says of every connector and task how it is. */
record ConnectorHealth(Collection<HostedConnector> connectors) implements HealthCheck {

    @Override
    public List<Finding> findings() {
        long now = System.currentTimeMillis();
        List<Finding> findings = new ArrayList<>();
        for (HostedConnector connector : connectors) {
            HostedConnector.Status status = connector.status();
            findings.add(new Finding("connector", status.name(), state(status), Readiness.firstLine(status.trace())));
            for (TaskRunner.Status task : status.tasks()) {
                State state = state(task);
                findings.add(new Finding("task", task.id().toString(), state, state == State.OK ? "" : Readiness.of(task, now).reason()));
            }
        }
        return findings;
    }

    private static State state(HostedConnector.Status connector) {
        return switch (connector.state()) {
            case RUNNING, PAUSED, STOPPED -> State.OK;
            case RESTARTING -> State.STARTING;
            case UNASSIGNED -> connector.trace().isEmpty() ? State.STARTING : State.DEGRADED;
            case FAILED -> State.FAILED;
        };
    }

    private static State state(TaskRunner.Status task) {
        return switch (task.state()) {
            case RUNNING -> task.delay().isEmpty() ? State.OK : State.DEGRADED;
            case PAUSED, STOPPED -> State.OK;
            case UNASSIGNED, RESTARTING -> State.STARTING;
            case FAILED -> task.restartAtMs() > 0 ? State.DEGRADED : State.FAILED;
        };
    }
}
