package io.millrace.broker.handler;

import io.millrace.broker.fetch.Fetch;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metrics.BrokerMetrics;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionGate;
import io.millrace.broker.wire.RequestDecoder.ServedVersions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotCoordinatorException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table of handlers by API. What is not in it is neither advertised nor served. Immutable. */
public final class Handlers implements ServedVersions {

    private static final Logger LOG = LoggerFactory.getLogger(Handlers.class);
    /** Their clients know no errors of disks, and would end with one. */
    private static final Set<ApiKeys> OF_COORDINATORS = EnumSet.of(ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP, ApiKeys.HEARTBEAT, ApiKeys.LEAVE_GROUP,
            ApiKeys.OFFSET_COMMIT, ApiKeys.OFFSET_FETCH, ApiKeys.TXN_OFFSET_COMMIT, ApiKeys.ADD_PARTITIONS_TO_TXN, ApiKeys.ADD_OFFSETS_TO_TXN, ApiKeys.END_TXN);

    private final Handler[] byKey;
    private final BrokerMetrics metrics;

    /**
     * The whole table of a broker.
     *
     * @param nodeConfig   values by configuration key
     * @param transactions asked before transactional batches are appended
     * @param coordinators handlers of groups and transactions
     */
    public static Handlers of(ClusterMetadata metadata, Map<String, String> nodeConfig, TransactionGate transactions,
            List<Handler> coordinators) {
        int defaultPartitions = Integer.parseInt(nodeConfig.get("num.partitions"));
        LoggerLevels loggers = new LoggerLevels();
        BrokerMetrics metrics = new BrokerMetrics();
        metadata.onTopicDeleted(metrics.traffic()::forget);
        ControllerMutations mutations = new ControllerMutations(metadata, new QuotaWindows(
                Integer.parseInt(nodeConfig.get("controller.quota.window.num")), Integer.parseInt(nodeConfig.get("controller.quota.window.size.seconds"))));
        List<Handler> handlers = new ArrayList<>(coordinators);
        handlers.addAll(List.of(
                new Produce(metadata, transactions, metrics.traffic()),
                new Fetch(metadata, Integer.parseInt(nodeConfig.get("fetch.max.bytes")),
                        Integer.parseInt(nodeConfig.get("max.incremental.fetch.session.cache.slots")), metrics.traffic()),
                new ListOffsets(metadata),
                new OffsetForLeaderEpoch(metadata),
                new Metadata(metadata, Boolean.parseBoolean(nodeConfig.get("auto.create.topics.enable")), defaultPartitions),
                new CreateTopics(metadata, defaultPartitions, mutations),
                new DeleteTopics(metadata, Boolean.parseBoolean(metadata.settings().value("delete.topic.enable")), mutations),
                new CreatePartitions(metadata, mutations),
                new DeleteRecords(metadata),
                new DescribeCluster(metadata),
                new DescribeTopicPartitions(metadata),
                new DescribeConfigs(metadata, loggers),
                new AlterConfigs(metadata),
                new IncrementalAlterConfigs(metadata, loggers),
                new ListConfigResources(metadata),
                new ElectLeaders(metadata),
                new DescribeUserScramCredentials(),
                new DescribeAcls(),
                new CreateAcls(),
                new DeleteAcls(),
                new DescribeProducers(metadata),
                new DescribeClientQuotas(metadata),
                new AlterClientQuotas(metadata),
                new DescribeLogDirs(metadata),
                new AlterReplicaLogDirs(metadata),
                new AlterPartitionReassignments(metadata),
                new ListPartitionReassignments()));
        return new Handlers(metadata.clusterId(), metadata.self().id(), handlers, metrics);
    }

    Handlers(String clusterId, int nodeId, List<Handler> handlers, BrokerMetrics metrics) {
        this.metrics = metrics;
        Handler[] table = new Handler[ApiKeys.values().length];
        for (Handler handler : handlers) {
            if (table[handler.api().id] != null) {
                throw new IllegalArgumentException("two handlers for " + handler.api() + ": " + table[handler.api().id] + " and " + handler);
            }
            table[handler.api().id] = handler;
        }
        // Answers of itself what is in the table, itself included.
        ApiVersions versions = new ApiVersions(clusterId, nodeId);
        table[versions.api().id] = versions;
        versions.advertise(Arrays.stream(table).filter(Objects::nonNull).toList());
        this.byKey = table;
    }

    /** What the requests are counted in. */
    public BrokerMetrics metrics() {
        return metrics;
    }

    @Override
    public boolean contains(short apiKey, short version) {
        if (apiKey < 0 || apiKey >= byKey.length || byKey[apiKey] == null) {
            return false;
        }
        return version >= byKey[apiKey].minVersion() && version <= byKey[apiKey].maxVersion();
    }

    /** Never fails: what the handler throws becomes the request's error response, when the answer is awaited. */
    public Answer handle(Call call) {
        try {
            return byKey[call.header().apiKey().id].handle(call);
        } catch (RuntimeException failure) {
            return () -> {
                throw failure;
            };
        }
    }

    /** Fetches that wait, and their sessions. */
    public Fetch fetch() {
        return (Fetch) byKey[ApiKeys.FETCH.id];
    }

    /** Answers at once what waits for data to come, now and from now on. */
    public void stopWaiting() {
        for (Handler handler : byKey) {
            if (handler instanceof Fetch fetch) {
                fetch.close();
            }
        }
    }

    /** @return the request's error response; null if its client wants none. One whose coordinator cannot store looks for the coordinator, as with Kafka. */
    public AbstractResponse failed(Call call, RuntimeException failure) {
        if (!(failure instanceof ApiException)) {
            LOG.error("{} version {} of client {} ({}) failed", call.header().apiKey().name, call.version(), call.client(), call.header().clientId(), failure);
        }
        boolean ofDisk = failure instanceof KafkaStorageException && OF_COORDINATORS.contains(call.header().apiKey());
        return call.request().getErrorResponse(0, ofDisk ? new NotCoordinatorException(failure.getMessage(), failure) : failure);
    }
}
