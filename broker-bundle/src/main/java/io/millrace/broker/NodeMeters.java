package io.millrace.broker;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.handler.Handlers;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metrics.KafkaName;
import java.util.function.DoubleSupplier;

/** What there is one of in a node: Kafka's replica manager, controller and log manager. */
final class NodeMeters {

    private static final double RUNNING = 3;

    private static final Meter WAITING = Meter.gauge("kafka_server_delayedoperationpurgatory_purgatorysize", "Requests that wait.")
            .as("kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize,delayedOperation={delayedOperation}");
    private static final Meter EVICTIONS = Meter.counter("kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total",
            "Fetch sessions that made room for others.").as("kafka.server:type=FetchSessionCache,name=IncrementalFetchSessionEvictionsPerSec");
    private static final Meter FLUSH_TIME = Meter.summary("kafka_log_logflushstats_logflushrateandtimems", "Fsyncs: how many and how long.", 1e-3)
            .as("kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs");
    private static final Meter FLUSH_SECONDS = Meter.histogram("millrace_log_flush_seconds", "How long fsyncs took.", 1e-6);
    private static final Meter FLUSH_RECORDS = Meter.summary("millrace_log_flush_records", "Records that one fsync made durable.", 1);

    private final ClusterMetadata metadata;
    private final LogStore store;
    private final Handlers handlers;

    NodeMeters(ClusterMetadata metadata, LogStore store, Handlers handlers) {
        this.metadata = metadata;
        this.store = store;
        this.handlers = handlers;
    }

    void tell(Meters meters) {
        meters.gauge(WAITING, Tags.of("delayedOperation", "Fetch"), () -> handlers.fetch().waiting());
        meters.distribution(FLUSH_TIME, Tags.NONE, store.flushTimes().times());
        meters.distribution(FLUSH_SECONDS, Tags.NONE, store.flushTimes().times());
        meters.distribution(FLUSH_RECORDS, Tags.NONE, store.flushTimes().records());

        gauge(meters, "server", "KafkaServer", "BrokerState", "3 while it runs.", () -> RUNNING);
        replicas(meters);
        sessions(meters);
        controller(meters);
    }

    private void sessions(Meters meters) {
        gauge(meters, "server", "FetchSessionCache", "NumIncrementalFetchSessions", "Fetch sessions kept.", () -> handlers.fetch().sessions());
        gauge(meters, "server", "FetchSessionCache", "NumIncrementalFetchPartitionsCached", "Partitions of the fetch sessions kept.",
                () -> handlers.fetch().sessionPartitions());
        meters.counter(EVICTIONS, Tags.NONE, () -> handlers.fetch().sessionEvictions());
    }

    private void replicas(Meters meters) {
        gauge(meters, "server", "ReplicaManager", "PartitionCount", "Partitions on this node.", () -> store.logs().size());
        gauge(meters, "server", "ReplicaManager", "LeaderCount", "Partitions that this node leads.", () -> store.logs().size());
        gauge(meters, "server", "ReplicaManager", "OfflineReplicaCount", "Partitions whose log is offline.", this::offline);
        gauge(meters, "server", "ReplicaManager", "UnderReplicatedPartitions", "Partitions that miss a replica.", () -> 0);
        gauge(meters, "server", "ReplicaManager", "UnderMinIsrPartitionCount", "Partitions that refuse acks=all for want of replicas.", () -> 0);
        gauge(meters, "server", "ReplicaManager", "AtMinIsrPartitionCount", "Partitions that would refuse acks=all were one replica less.", () -> 0);
        gauge(meters, "server", "ReplicaManager", "ProducerIdCount", "Idempotent and transactional producers remembered, once per partition.",
                () -> store.logs().stream().mapToInt(PartitionLog::producerCount).sum());
        gauge(meters, "log", "LogManager", "OfflineLogDirectoryCount", "Log folders that are offline.", store::offlineDirs);
    }

    private void controller(Meters meters) {
        gauge(meters, "controller", "KafkaController", "ActiveControllerCount", "1 on the node that decides.", () -> 1);
        gauge(meters, "controller", "KafkaController", "OfflinePartitionsCount", "Partitions without a leader that works.", this::offline);
        gauge(meters, "controller", "KafkaController", "ActiveBrokerCount", "Nodes.", () -> 1);
        gauge(meters, "controller", "KafkaController", "GlobalTopicCount", "Topics.", () -> metadata.image().topics().size());
        gauge(meters, "controller", "KafkaController", "GlobalPartitionCount", "Partitions.",
                () -> metadata.image().topics().stream().mapToInt(topic -> topic.partitions()).sum());
    }

    private double offline() {
        return metadata.offlinePartitions();
    }

    private static void gauge(Meters meters, String domain, String type, String name, String help, DoubleSupplier value) {
        meters.gauge(KafkaName.gauge(domain, type, name, help), Tags.NONE, value);
    }
}
