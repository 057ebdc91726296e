package io.millrace.broker.transaction;

import io.millrace.api.metrics.Meters;
import io.millrace.broker.coordinator.Clockwork;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.coordinator.Shards;
import io.millrace.broker.handler.Handler;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.TransactionShard.Producer;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves transactions. A prepared transaction is completed on a thread of its own, whatever becomes of the client; answers to the client wait
 * for that, so that what it committed can be read when it hears of it, and no later request of it meets a transaction that is still ending.
 */
public final class TransactionCoordinator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionCoordinator.class);
    /** How long a request waits for a transaction that is ending. */
    private static final long PATIENCE_MS = 10_000;

    private final Clock clock;
    private final Markers markers;
    private final ProducerIds producerIds;
    private final Shards<TransactionShard> shards;
    /** Transactions under way from prepared to complete, by transactional id. */
    private final Map<String, CompletableFuture<Void>> completing = new ConcurrentHashMap<>();

    private TransactionCoordinator(Partitions partitions, Shards<?> groups, Clock clock, Clockwork clockwork, CoordinatorSettings settings) {
        this.clock = clock;
        this.markers = new Markers(partitions, groups, clock);
        this.shards = Shards.load(Topic.TRANSACTION_STATE_TOPIC_NAME, settings.transactionPartitions(), partitions, clock, clockwork,
                () -> new TransactionShard(settings, this::completeInBackground));
        this.producerIds = new ProducerIds(() -> shards.all().getFirst());
        partitions.onTopicDeleted(topic -> shards.all().forEach(shard -> shard.run((state, journal) -> {
            state.topicDeleted(topic, journal);
            return null;
        })));
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

    public TransactionGate gate() {
        return this::enter;
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

    private void enter(String id, long producerId, short producerEpoch, Collection<TopicPartition> partitions, boolean add) {
        Producer producer = new Producer(producerId, producerEpoch);
        Errors error = add ? add(id, producer, partitions, 2) : verify(id, producer, partitions);
        if (error == Errors.PRODUCER_FENCED) {
            throw Errors.INVALID_PRODUCER_EPOCH.exception("transactional id " + id + " belongs to a newer producer than " + producerId + " epoch " + producerEpoch);
        }
        if (error == Errors.TRANSACTION_ABORTABLE && !add) {
            throw Errors.INVALID_TXN_STATE.exception("the transaction of " + id + " does not include all of " + partitions);
        }
        if (error != Errors.NONE) {
            throw error.exception();
        }
    }

    Errors verify(String id, Producer producer, Collection<TopicPartition> partitions) {
        return afterCompletion(id, () -> shards.of(id).run((state, journal) -> state.verify(id, producer, partitions)));
    }

    /** Durable on return. */
    Errors add(String id, Producer producer, Collection<TopicPartition> partitions, int clientVersion) {
        Shard<TransactionShard> shard = shards.of(id);
        Errors error = afterCompletion(id, () -> shard.run((state, journal) -> state.add(id, producer, partitions, clientVersion, journal)));
        awaitDurable(shard);
        return error;
    }

    private Errors afterCompletion(String id, Supplier<Errors> attempt) {
        Errors error = attempt.get();
        if (error == Errors.CONCURRENT_TRANSACTIONS && awaitCompletion(id)) {
            error = attempt.get();
        }
        return error;
    }

    /** Durable on return. */
    Init init(String id, int timeoutMs, Producer expected) {
        Shard<TransactionShard> shard = shards.of(id);
        long unused = producerIds.next();
        Init init = shard.run((state, journal) -> state.init(id, timeoutMs, expected, unused, journal));
        if (init.fenced() != null && awaitCompletion(id)) {
            // It is this request that ended it. Whoever came in between is found out by the epoch.
            Producer fencing = expected.id() == Producer.NONE.id() ? Producer.NONE : new Producer(init.fenced().producerId(), init.fenced().epoch());
            init = shard.run((state, journal) -> state.init(id, timeoutMs, fencing, unused, journal));
        }
        awaitDurable(shard);
        return init;
    }

    /** Complete on return. */
    End end(String id, Producer producer, boolean commit, int clientVersion) {
        Shard<TransactionShard> shard = shards.of(id);
        long unused = producer.epoch() >= Transaction.LAST_EPOCH ? producerIds.next() : Transaction.NONE;
        End end = shard.run((state, journal) -> state.end(id, producer, commit, clientVersion, unused, journal));
        if (end.prepared() != null && !awaitCompletion(id)) {
            return new End(end.error() == Errors.NONE ? Errors.COORDINATOR_NOT_AVAILABLE : end.error(), Producer.NONE, null);
        }
        awaitDurable(shard);
        return end;
    }

    private static void awaitDurable(Shard<?> shard) {
        try {
            shard.awaitDurable();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new CoordinatorNotAvailableException("the node stops");
        }
    }

    /** @return whether no transaction of the id is ending any more */
    private boolean awaitCompletion(String id) {
        CompletableFuture<Void> completion = completing.get(id);
        if (completion == null) {
            return true;
        }
        try {
            completion.get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException late) {
            return false;
        }
    }

    private void completeInBackground(Transaction prepared) {
        CompletableFuture<Void> completion = new CompletableFuture<>();
        completing.put(prepared.id(), completion);
        Thread.ofVirtual().name("complete " + prepared.id()).start(() -> {
            try {
                complete(prepared);
                completing.remove(prepared.id(), completion);
                completion.complete(null);
            } catch (InterruptedException | RuntimeException failed) {
                LOG.error("transaction of {} (producer {}, epoch {}) stays {}: it is completed when the node starts again", prepared.id(), prepared.producerId(),
                        prepared.epoch(), prepared.state(), failed);
                completion.completeExceptionally(failed);
            }
        });
    }

    private void complete(Transaction prepared) throws InterruptedException {
        Shard<TransactionShard> shard = shards.of(prepared.id());
        // The lock is free once the decision is in the log; if the log refused it, it was never taken.
        Transaction current = shard.run((state, journal) -> state.transaction(prepared.id()));
        if (current == null || current.epoch() != prepared.epoch() || current.state() != prepared.state()) {
            return;
        }
        shard.awaitDurable();
        boolean commit = prepared.state() == Transaction.State.PREPARE_COMMIT;
        Map<TopicPartition, Errors> results = markers.write(prepared.partitions(), prepared.producerId(), prepared.epoch(), commit, shard.epoch());
        results.forEach((partition, result) -> {
            if (!Markers.isDone(result)) {
                throw new ApiException("no marker on " + partition + ": " + result);
            }
        });
        shard.run((state, journal) -> {
            state.complete(prepared, journal);
            return null;
        });
    }

    @Override
    public void close() {
        completing.keySet().forEach(this::awaitCompletion);
        shards.close();
    }
}
