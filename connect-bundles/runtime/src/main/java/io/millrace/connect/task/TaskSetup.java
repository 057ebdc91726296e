package io.millrace.connect.task;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.catalog.Provided;
import io.millrace.connect.client.KafkaClients;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.store.SourceOffsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * What a task needs to run once.
 *
 * @param settings   the task's own settings, as its connector made them
 * @param taskClass  the task's class; it and everything made of it is gone when the task has ended
 * @param loader     what the task's threads have as context class loader
 * @param uses       to be told of every class the task uses besides
 * @param topics     to be told of every topic the task writes or reads
 */
public record TaskSetup(TaskId id, ConnectorConfig config, Map<String, String> settings, Class<?> taskClass, ClassLoader loader, Catalog catalog,
        KafkaClients clients, Admin admin, SourceOffsets offsets, TaskCounters counters, Consumer<Provided> uses, Consumer<String> topics,
        TaskOptions options) {

    /** What is done with an admin client. */
    public interface AdminUse<T> {

        T with(Admin admin) throws InterruptedException, ExecutionException, TimeoutException;
    }

    /** Asks with the node's client, or with one of the task's own if there are settings for that ({@code admin.override.}). */
    public <T> T asAdmin(AdminUse<T> use) throws InterruptedException, ExecutionException, TimeoutException {
        Map<String, Object> settings = clients.defaults().forAdmin(config.withPrefix("admin.override."));
        if (settings.isEmpty()) {
            return use.with(admin);
        }
        try (Admin own = clients.admin("connector-adminclient-" + id, settings)) {
            return use.with(own);
        }
    }

    /**
     * The node's settings for tasks.
     *
     * @param queued what all source tasks together may hold of records that are polled and not written yet
     */
    public record TaskOptions(boolean exactlyOnce, boolean connectorDefinesTransactions, long flushIntervalMs, ByteBudget queued) {}
}
