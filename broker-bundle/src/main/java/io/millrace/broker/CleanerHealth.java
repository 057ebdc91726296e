package io.millrace.broker;

import io.millrace.api.health.HealthCheck;
import io.millrace.broker.log.clean.CleanerStatus;
import io.millrace.broker.log.clean.LogCleaner;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Says which logs cannot be compacted. One that can be is not worth a word. */
record CleanerHealth(LogCleaner cleaner) implements HealthCheck {

    @Override
    public List<Finding> findings() {
        CleanerStatus status = cleaner.status();
        List<Finding> findings = new ArrayList<>();
        if (status.deadThreads() > 0) {
            findings.add(new Finding("log cleaner", "threads", State.FAILED, status.deadThreads() + " ended, see the log; a restart begins them anew"));
        }
        for (CleanerStatus.Uncleanable one : status.uncleanable()) {
            findings.add(new Finding("partition", one.partition().toString(), State.DEGRADED, "not compacted, so that it grows: " + one.reason() + "; tried "
                    + one.failures() + (one.failures() == 1 ? " time" : " times") + ", again at " + Instant.ofEpochMilli(one.retryAt())));
        }
        return findings;
    }
}
