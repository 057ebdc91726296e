package io.millrace.connect.herder;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.client.KafkaClients;
import io.millrace.connect.config.Validation;
import io.millrace.connect.config.Variables;
import io.millrace.connect.store.SourceOffsets;
import io.millrace.connect.store.StatusTopic;
import io.millrace.connect.task.ByteBudget;
import java.time.Duration;
import org.apache.kafka.clients.admin.Admin;

/**
 * What all connectors of this node share.
 *
 * @param workerId where the node's REST interface listens, {@code host:port}; shown in statuses
 */
public record Node(KafkaClients clients, Admin admin, SourceOffsets offsets, StatusTopic statuses, Catalog catalog, Variables variables, Settings settings, String workerId) {

    /**
     * @param callLimit how long a connector's code may take to answer
     * @param stopLimit how long a task may take to stop before it is interrupted
     * @param queued    what all source tasks together may hold of records that are polled and not written yet
     */
    public record Settings(Validation.Rules rules, long flushIntervalMs, int restartAttempts, long restartBackoffMs,
            Duration callLimit, Duration stopLimit, ByteBudget queued) {

        boolean exactlyOnceSource() {
            return rules.exactlyOnce();
        }

        Restarts.Policy restarts() {
            return new Restarts.Policy(restartAttempts, restartBackoffMs);
        }
    }
}
