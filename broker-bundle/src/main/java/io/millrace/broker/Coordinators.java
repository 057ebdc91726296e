package io.millrace.broker;

import io.millrace.api.metrics.Meters;
import io.millrace.broker.coordinator.Clockwork;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.group.GroupCoordinator;
import io.millrace.broker.handler.FindCoordinator;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionCoordinator;
import io.millrace.broker.transaction.TransactionGate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;

/** The coordinators of groups and transactions of this node. Close them before the logs. */
final class Coordinators implements AutoCloseable {

    private final Clockwork clockwork;
    private final GroupCoordinator groups;
    private final TransactionCoordinator transactions;
    private final List<Handler> handlers;

    private Coordinators(Clockwork clockwork, GroupCoordinator groups, TransactionCoordinator transactions, Node self) {
        this.clockwork = clockwork;
        this.groups = groups;
        this.transactions = transactions;
        List<Handler> all = new ArrayList<>();
        all.add(new FindCoordinator(self));
        all.addAll(groups.handlers(transactions.gate()));
        all.addAll(transactions.handlers());
        this.handlers = List.copyOf(all);
    }

    public static Coordinators start(Partitions partitions, Node self, Clock clock) {
        return start(partitions, self, clock, CoordinatorSettings.standard());
    }

    /**
     * Returns at once: internal topics are created and read in the background, and requests that need them wait.
     *
     * @param self the node that clients are told to turn to
     */
    public static Coordinators start(Partitions partitions, Node self, Clock clock, CoordinatorSettings settings) {
        Function<Uuid, Optional<String>> topicNames = partitions instanceof ClusterMetadata metadata
                ? id -> metadata.image().topic(id).map(TopicImage::name) : _ -> Optional.empty();
        Clockwork clockwork = new Clockwork(clock);
        clockwork.start();
        GroupCoordinator groups = GroupCoordinator.start(partitions, topicNames, clock, clockwork, settings);
        TransactionCoordinator transactions = TransactionCoordinator.start(partitions, groups.shards(), clock, clockwork, settings);
        return new Coordinators(clockwork, groups, transactions, self);
    }

    public List<Handler> handlers() {
        return handlers;
    }

    /** @see TransactionCoordinator#verifyPartitions */
    public void verifyPartitions(boolean whether) {
        transactions.verifyPartitions(whether);
    }

    public TransactionGate transactions() {
        return transactions.gate();
    }

    /** Tells how groups and transactions are. */
    public void tell(Meters meters) {
        groups.tell(meters);
        transactions.tell(meters);
    }

    /** Whoever waits for a group or a transaction is sent away. */
    @Override
    public void close() {
        clockwork.close();
        transactions.close();
        groups.close();
    }
}
