package io.millrace.broker.transaction;

import io.millrace.api.metrics.Meters;
import io.millrace.broker.coordinator.Clockwork;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Decided;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.coordinator.Shards;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionGate.Client;
import io.millrace.broker.transaction.TransactionGate.Entry;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.Transaction.Producer;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves transactions. A prepared transaction is completed whatever becomes of the client; answers to the client wait for that, so that what it
 * committed can be read when it hears of it, and no later request of it meets a transaction that is still ending. Thread-safe; requests block while a
 * transaction of their id is ending.
 */
public final class TransactionCoordinator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionCoordinator.class);

    private final Clock clock;
    private final Markers markers;
    private final ProducerIds producerIds;
    private final Shards<TransactionShard> shards;
    private final Completions completions;
    private final Partitions partitions;
    private volatile boolean verifies;

    private TransactionCoordinator(Partitions partitions, Shards<?> groups, Clock clock, Clockwork clockwork, CoordinatorSettings settings) {
        this.clock = clock;
        this.partitions = partitions;
        this.verifies = settings.verifiesPartitions();
        this.markers = new Markers(partitions, groups, clock);
        this.completions = new Completions(markers, this::keeper);
        this.shards = Shards.load(Topic.TRANSACTION_STATE_TOPIC_NAME, settings.transactionPartitions(), partitions, clock, clockwork,
                () -> new TransactionShard(settings, completions::start), all -> rejoin(partitions, all));
        this.producerIds = new ProducerIds(() -> shards.all().getFirst());
        partitions.onTopicDeleted(topic -> shards.all().forEach(shard -> shard.run((state, journal) -> {
            state.topicDeleted(topic, journal);
            return null;
        })));
    }

    /** Has open transactions looked for in the logs, since those are what a loss of power may leave that the coordinator does not know of. */
    private static void rejoin(Partitions partitions, List<Shard<TransactionShard>> all) {
        LostJoins lost = new LostJoins();
        for (PartitionLog log : partitions.logs()) {
            if (log.isOnline() && log.lastStableOffset() < log.highWatermark()) {
                log.producers().active().stream().filter(producer -> producer.currentTransactionStart() >= 0)
                        .forEach(producer -> lost.open(new Producer(producer.producerId(), producer.epoch()), log.topicPartition()));
            }
        }
        for (Shard<TransactionShard> shard : lost.isEmpty() ? List.<Shard<TransactionShard>>of() : all) {
            try {
                shard.run((state, journal) -> state.rejoin(lost, journal))
                        .forEach(rejoined -> LOG.warn("transaction of {} goes on with {}: of what was not acknowledged, records came to the disk without the coordinator's",
                                rejoined.id(), rejoined.partitions()));
            } catch (ApiException offline) {
                LOG.warn("{}: open transactions are not compared with the partitions' logs: {}", shard.partition(), offline.getMessage());
            }
        }
    }

    public static TransactionCoordinator start(Partitions partitions, Shards<?> groups, Clock clock, Clockwork clockwork, CoordinatorSettings settings) {
        return new TransactionCoordinator(partitions, groups, clock, clockwork, settings);
    }

    public List<Handler> handlers() {
        return List.of(new InitProducerId(this), new AddPartitionsToTxn(this), new AddOffsetsToTxn(this), new EndTxn(this), new WriteTxnMarkers(markers),
                new DescribeTransactions(this), new ListTransactions(this));
    }

    public void tell(Meters meters) {
        TransactionMeters.tell(meters, shards, clock.millis());
    }

    /** @param whether clients that add partitions to transactions beforehand are checked to have done so, from now on */
    public void verifyPartitions(boolean whether) {
        verifies = whether;
    }

    public TransactionGate gate() {
        return new TransactionGate() {
            @Override
            public boolean isAskedFor(Client client) {
                return client == Client.ADDS_BY_WRITING || verifies;
            }

            @Override
            public Entry enter(String id, long producerId, short producerEpoch, Collection<TopicPartition> entering, Client client) {
                return TransactionCoordinator.this.enter(id, new Producer(producerId, producerEpoch), entering, client);
            }
        };
    }

    private Shard<TransactionShard> keeper(String id) {
        return shards.of(id);
    }

    Shards<TransactionShard> shards() {
        return shards;
    }

    ProducerIds producerIds() {
        return producerIds;
    }

    /** The partition of {@code __consumer_offsets} that a group's offsets are in. */
    TopicPartition offsetsPartition(String group) {
        return markers.groupPartition(group);
    }

    boolean exists(TopicPartition partition) {
        return partitions.log(partition).isPresent();
    }

    private Entry enter(String id, Producer producer, Collection<TopicPartition> entering, Client client) {
        Map<TopicPartition, Errors> results;
        Decided decided = null;
        try {
            if (client == Client.ADDS_BY_WRITING) {
                Joined joined = add(id, producer, entering, 2);
                results = same(entering, joined.error());
                decided = joined.decided();
            } else {
                results = verify(id, producer, entering);
            }
        } catch (ApiException unavailable) {
            results = same(entering, Errors.forException(unavailable));
        }
        Map<TopicPartition, Errors> told = new HashMap<>();
        results.forEach((partition, error) -> told.put(partition, told(error, client)));
        return new Entry(told, decided);
    }

    private static Map<TopicPartition, Errors> same(Collection<TopicPartition> entering, Errors error) {
        Map<TopicPartition, Errors> results = new HashMap<>();
        entering.forEach(partition -> results.put(partition, error));
        return results;
    }

    static Errors told(Errors error, Client client) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> client == Client.OLD ? Errors.INVALID_TXN_STATE : error;
            // What a producer of any age tries again, without asking where the partition's leader is.
            case COORDINATOR_NOT_AVAILABLE, COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR -> Errors.NOT_ENOUGH_REPLICAS;
            case CONCURRENT_TRANSACTIONS -> client == Client.ADDS_BY_WRITING ? error : Errors.NOT_ENOUGH_REPLICAS;
            default -> error;
        };
    }

    Map<TopicPartition, Errors> verify(String id, Producer producer, Collection<TopicPartition> asked) {
        Supplier<Map<TopicPartition, Errors>> attempt = () -> shards.of(id).run((state, journal) -> state.verify(id, producer, asked));
        Map<TopicPartition, Errors> results = attempt.get();
        return results.containsValue(Errors.CONCURRENT_TRANSACTIONS) && completions.await(id) ? attempt.get() : results;
    }

    /** @param decided to be durable before anybody is told; the disk is not asked for it yet */
    record Joined(Errors error, Decided decided) {
    }

    /** Whether nothing blocks that has to do with the id. */
    boolean isSettled(String id) {
        return !shards.ifLoaded().isEmpty() && !completions.isUnderWay(id);
    }

    /** Blocks while a transaction of the id is ending. */
    Joined add(String id, Producer producer, Collection<TopicPartition> added, int clientVersion) {
        Shard<TransactionShard> shard = shards.of(id);
        Supplier<Errors> attempt = () -> shard.decide((state, journal) -> state.add(id, producer, added, clientVersion, journal));
        Errors error = attempt.get();
        if (error == Errors.CONCURRENT_TRANSACTIONS && completions.await(id)) {
            error = attempt.get();
        }
        return new Joined(error, shard.decided());
    }

    /** Durable on return. */
    Init init(String id, int timeoutMs, Producer expected) {
        Shard<TransactionShard> shard = shards.of(id);
        long unused = producerIds.next();
        Init init = shard.run((state, journal) -> state.init(id, timeoutMs, expected, unused, journal));
        if (init.fenced() != null && completions.await(id)) {
            // It is this request that ended it. Whoever came in between is found out by the epoch.
            Producer fencing = expected.id() == Producer.NONE.id() ? Producer.NONE : new Producer(init.fenced().producerId(), init.fenced().epoch());
            init = shard.run((state, journal) -> state.init(id, timeoutMs, fencing, unused, journal));
        }
        awaitDurable(shard);
        return init;
    }

    /** Whether nothing blocks when the producer ends a transaction, but for the answer. */
    boolean endsAtOnce(Producer producer) {
        return producer.epoch() < Transaction.LAST_EPOCH && !shards.ifLoaded().isEmpty();
    }

    Ending end(String id, Producer producer, boolean commit, int clientVersion, Function<End, AbstractResponse> response) {
        Shard<TransactionShard> shard = shards.of(id);
        long unused = producer.epoch() >= Transaction.LAST_EPOCH ? producerIds.next() : Transaction.NONE;
        AtomicReference<Runnable> own = new AtomicReference<>();
        End end;
        try {
            end = shard.run((state, journal) -> {
                End ending = state.end(id, producer, commit, clientVersion, unused, journal);
                if (ending.prepared() != null) {
                    own.set(completions.register(ending.prepared()));
                }
                return ending;
            });
        } catch (RuntimeException refused) {
            if (own.get() != null) {
                // It finds out that the decision was never taken.
                own.get().run();
            }
            throw refused;
        }
        return new Ending(shard.decided(), () -> {
            if (own.get() != null) {
                own.get().run();
            }
            return end.prepared() != null && completions.await(id);
        }, response.apply(end));
    }

    private static void awaitDurable(Shard<?> shard) {
        try {
            shard.awaitDurable();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new CoordinatorNotAvailableException("the node stops");
        }
    }

    @Override
    public void close() {
        completions.stop();
        shards.close();
    }
}
