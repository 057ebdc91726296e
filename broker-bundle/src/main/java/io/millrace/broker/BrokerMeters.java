package io.millrace.broker;

import io.millrace.api.metrics.MeterSource;
import io.millrace.api.metrics.Meters;
import io.millrace.broker.handler.Handlers;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionMeters;
import io.millrace.broker.log.clean.CleanerMeters;
import io.millrace.broker.log.clean.LogCleaner;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.metrics.RequestMeters;
import io.millrace.broker.metrics.TrafficMeters;
import io.millrace.broker.network.Listener;
import io.millrace.broker.network.SocketMeters;
import io.millrace.broker.quota.QuotaMeters;
import io.millrace.broker.quota.Quotas;
import java.util.List;
import java.util.Optional;

/** Everything the broker measures. What it is made of is loaded when somebody first reads. */
final class BrokerMeters implements MeterSource {

    private final ClusterMetadata metadata;
    private final LogStore store;
    private final Handlers handlers;
    private final SocketMeters sockets;
    private final QuotaMeters quotas;
    private final Coordinators coordinators;
    private final Optional<LogCleaner> cleaner;

    BrokerMeters(ClusterMetadata metadata, LogStore store, Handlers handlers, Listener listener, Quotas quotas,
            Coordinators coordinators, Optional<LogCleaner> cleaner) {
        this.metadata = metadata;
        this.store = store;
        this.handlers = handlers;
        this.sockets = new SocketMeters(listener);
        this.quotas = new QuotaMeters(quotas);
        this.coordinators = coordinators;
        this.cleaner = cleaner;
    }

    @Override
    public void tell(Meters meters) {
        new NodeMeters(metadata, store, handlers).tell(meters);
        sockets.tell(meters);
        quotas.tell(meters);
        new RequestMeters(handlers.metrics().requests()).tell(meters);
        new TrafficMeters(handlers.metrics().traffic()).tell(meters, metadata.image().topics().stream().map(TopicImage::name).toList());
        PartitionMeters partitions = new PartitionMeters();
        for (PartitionLog log : store.logs()) {
            partitions.tell(meters, log);
        }
        coordinators.tell(meters);
        cleaner.ifPresent(running -> new CleanerMeters(running, store.folder()).tell(meters));
    }

    @Override
    public Object shape() {
        return List.of(metadata.image(), store.logs().size(), new RequestMeters(handlers.metrics().requests()).count(), quotas.shape());
    }
}
