package io.millrace.connect.herder;

import java.util.List;

/**
 * How a connector is, as it is reported.
 *
 * @param type    {@code source}, {@code sink} or {@code unknown}
 * @param version what the class says of itself, or null if there is no such class
 * @param trace   why it waits or failed, or empty
 */
public record ConnectorStatus(String name, String type, RunState state, String version, String trace, List<TaskStatus> tasks) {

    static ConnectorStatus of(HostedConnector connector, long nowMs) {
        HostedConnector.Status status = connector.status();
        return new ConnectorStatus(status.name(), status.type(), status.state(), status.version(), status.trace(),
                status.tasks().stream().map(task -> TaskStatus.of(task, nowMs)).toList());
    }

    public Readiness readiness() {
        return Readiness.of(state, trace);
    }

    /** The same with what a restart is about to do. */
    ConnectorStatus restarting(boolean itself, List<TaskStatus> planned) {
        return new ConnectorStatus(name, type, itself ? RunState.RESTARTING : state, version, itself ? "" : trace, planned);
    }
}
