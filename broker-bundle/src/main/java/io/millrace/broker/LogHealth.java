package io.millrace.broker;

import io.millrace.api.health.HealthCheck;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogTrouble;
import java.util.List;

/** Says which log folders are full or offline, and which partitions beside these. One that is well is not worth a word. */
record LogHealth(LogStore store) implements HealthCheck {

    @Override
    public List<Finding> findings() {
        return store.troubles().stream().map(LogHealth::finding).toList();
    }

    private static Finding finding(LogTrouble trouble) {
        return new Finding(trouble.kind(), trouble.name(), trouble.isOffline() ? State.FAILED : State.DEGRADED, trouble.reason());
    }
}
