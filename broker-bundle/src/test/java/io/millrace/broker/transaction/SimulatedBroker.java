package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.log.SimulatedPartition;
import io.millrace.broker.log.Verification;
import io.millrace.broker.transaction.TransactionGate.Client;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.Transaction.Producer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;

/**
 * A transaction coordinator's state and the producers' state of some partitions, both real, between which a broker's steps are played in any order:
 * each request is taken apart into what happens under a lock and what waits for a disk, and a crash comes between any two of them.
 */
final class SimulatedBroker {

    static final List<TopicPartition> PARTITIONS = List.of(new TopicPartition("a", 0), new TopicPartition("a", 1), new TopicPartition("b", 0));
    private static final int TIMEOUT_MS = 3_000;

    private final Random random;
    private final Map<TopicPartition, SimulatedPartition> partitions = new LinkedHashMap<>();
    private final List<Journal.Entry> log = new ArrayList<>();
    /** What goes on inside, in no order; gone with a crash. */
    private final List<Runnable> underWay = new ArrayList<>();
    /** Requests that the network keeps for long, past a crash, too. */
    private final List<Runnable> late = new ArrayList<>();
    private final Set<Transaction> completing = new HashSet<>();
    private TransactionShard shard;
    private int durable;
    private int starts;
    private int rejoined;
    private long now = 1_000_000;
    private long nextProducerId = 100;

    SimulatedBroker(Random random) {
        this.random = random;
        PARTITIONS.forEach(partition -> partitions.put(partition, new SimulatedPartition(partition)));
        start();
    }

    /** How often it was started after a crash. */
    int starts() {
        return starts;
    }

    SimulatedPartition partition(TopicPartition partition) {
        return partitions.get(partition);
    }

    private void start() {
        CoordinatorSettings usual = CoordinatorSettings.standard();
        shard = new TransactionShard(new CoordinatorSettings(1, 1, 0, 1, 60_000, usual.offsetsRetentionMs(), 4_096, 60_000, usual.transactionalIdRetentionMs(),
                usual.expiredIdCheckMs(), true), this::complete);
        for (Journal.Entry entry : log) {
            shard.replay(-1, (short) -1, ByteBuffer.wrap(entry.key()), entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        }
        shard.loaded(now);
        LostJoins lost = new LostJoins();
        partitions.forEach((partition, state) -> state.open().forEach((producer, epoch) -> lost.open(new Producer(producer, epoch), partition)));
        rejoined += run(journal -> shard.rejoin(lost, journal)).size();
    }

    /** How many transactions had lost a partition with a crash. */
    int rejoined() {
        return rejoined;
    }

    /** Takes from each log a part of what was not durable, and all that was under way. */
    void crash() {
        underWay.clear();
        completing.clear();
        starts++;
        int kept = durable + random.nextInt(log.size() - durable + 1);
        log.subList(kept, log.size()).clear();
        durable = kept;
        partitions.values().forEach(partition -> partition.crash(random));
        start();
    }

    /** The producer of the id has used up almost all of its epochs. */
    void wearOut(String id) {
        Transaction worn = new Transaction(id, nextProducerId++, (short) (Transaction.LAST_EPOCH - 20), Transaction.NONE, Transaction.NONE, Transaction.NO_EPOCH,
                TIMEOUT_MS, Transaction.State.EMPTY, Set.of(), now, Transaction.NONE, 0);
        log.add(new Journal.Entry(-1, (short) -1, TransactionRecords.key(id), TransactionRecords.value(worn)));
        durable = log.size();
        start();
    }

    void step() {
        now++;
        int dice = random.nextInt(100);
        if (dice < 3) {
            now += random.nextInt(TIMEOUT_MS);
            onTime();
        } else if (dice < 6) {
            SimulatedPartition partition = partitions.get(PARTITIONS.get(random.nextInt(PARTITIONS.size())));
            if (random.nextBoolean()) {
                partition.snapshot();
            } else {
                partition.flush();
            }
        } else if (dice < 8 && !late.isEmpty()) {
            late.remove(random.nextInt(late.size())).run();
        } else if (!underWay.isEmpty()) {
            underWay.remove(random.nextInt(underWay.size())).run();
        }
    }

    private void arrives(boolean mayBeLate, Runnable request) {
        (mayBeLate && random.nextInt(15) == 0 ? late : underWay).add(request);
    }

    boolean isBusy() {
        return !underWay.isEmpty() || shard.transactions().stream().anyMatch(one -> one.state() == Transaction.State.ONGOING || one.state().isPrepared())
                || partitions.values().stream().anyMatch(SimulatedPartition::hasOpenTransaction);
    }

    /** Nobody asks for anything any more. */
    void comeToRest() {
        now += TIMEOUT_MS;
        onTime();
        underWay.addAll(late);
        late.clear();
        if (!underWay.isEmpty()) {
            underWay.removeFirst().run();
        }
    }

    private void onTime() {
        run(journal -> {
            shard.onTime(journal);
            return null;
        });
    }

    private <R> R run(Function<Journal, R> command) {
        Journal journal = new Journal(now);
        R result = command.apply(journal);
        log.addAll(journal.entries());
        return result;
    }

    /** Goes on once everything is durable that the coordinator decided so far. */
    private void whenDurable(Runnable next) {
        whenDurable(log.size(), next);
    }

    private void whenDurable(int until, Runnable next) {
        underWay.add(() -> {
            durable = Math.max(durable, until);
            next.run();
        });
    }

    void init(String id, Producer expected, Consumer<Init> answer) {
        arrives(false, () -> {
            Init init = run(journal -> shard.init(id, TIMEOUT_MS, expected, nextProducerId++, journal));
            whenDurable(() -> answer.accept(init));
        });
    }

    void add(String id, Producer producer, TopicPartition partition, Consumer<Errors> answer) {
        arrives(false, () -> {
            Errors error = run(journal -> shard.add(id, producer, List.of(partition), 0, journal));
            whenDurable(() -> answer.accept(error));
        });
    }

    void end(String id, Producer producer, boolean commit, int clientVersion, Consumer<End> answer) {
        arrives(clientVersion >= 2, () -> {
            End end = run(journal -> shard.end(id, producer, commit, clientVersion, nextProducerId++, journal));
            if (end.prepared() != null) {
                complete(end.prepared());
            }
            whenDurable(() -> answer.accept(end));
        });
    }

    void produce(String id, Producer producer, int clientVersion, TopicPartition target, int sequence, String value, Consumer<Errors> answer) {
        arrives(true, () -> {
            SimulatedPartition partition = partitions.get(target);
            Verification verification = partition.verify(producer.id(), producer.epoch(), sequence, clientVersion >= 2);
            if (verification == null) {
                append(partition, producer, sequence, value, null, answer);
                return;
            }
            underWay.add(() -> {
                Errors error = clientVersion >= 2 ? run(journal -> shard.add(id, producer, List.of(target), 2, journal))
                        : shard.verify(id, producer, List.of(target)).get(target);
                Errors told = TransactionCoordinator.told(error, clientVersion >= 2 ? Client.ADDS_BY_WRITING : Client.OLD);
                if (told != Errors.NONE) {
                    if (told != Errors.CONCURRENT_TRANSACTIONS && told != Errors.NOT_ENOUGH_REPLICAS) {
                        partition.refused(producer.id(), verification);
                    }
                    answer.accept(told);
                    return;
                }
                // The records do not wait for the coordinator's, their answer waits for both.
                int until = log.size();
                underWay.add(() -> append(partition, producer, sequence, value, verification, appended -> {
                    if (appended == Errors.NONE) {
                        whenDurable(until, () -> answer.accept(appended));
                    } else {
                        answer.accept(appended);
                    }
                }));
            });
        });
    }

    private void append(SimulatedPartition partition, Producer producer, int sequence, String value, Verification verification, Consumer<Errors> answer) {
        try {
            partition.append(producer.id(), producer.epoch(), sequence, value, verification);
        } catch (ApiException refused) {
            answer.accept(Errors.forException(refused));
            return;
        }
        underWay.add(() -> {
            partition.flush();
            answer.accept(Errors.NONE);
        });
    }

    @Override
    public String toString() {
        return partitions.values().stream().filter(SimulatedPartition::hasOpenTransaction).map(SimulatedPartition::describe).toList() + " of " + shard.transactions();
    }

    /** Markers go out one by one, when the decision is durable; the record that all are there need not be. */
    private void complete(Transaction prepared) {
        if (!completing.add(prepared)) {
            return;
        }
        // At the time of the call the decision is not in the log yet.
        underWay.add(() -> whenDurable(() -> mark(prepared, new ArrayList<>(PARTITIONS.stream().filter(prepared.partitions()::contains).toList()))));
    }

    private void mark(Transaction prepared, List<TopicPartition> left) {
        if (left.isEmpty()) {
            underWay.add(() -> {
                completing.remove(prepared);
                run(journal -> {
                    shard.complete(prepared, journal);
                    return null;
                });
            });
            return;
        }
        underWay.add(() -> {
            SimulatedPartition partition = partitions.get(left.remove(random.nextInt(left.size())));
            try {
                partition.mark(prepared.producerId(), prepared.epoch(), prepared.state() == Transaction.State.PREPARE_COMMIT, starts, prepared.clientVersion() >= 2);
            } catch (ApiException late) {
                if (!Markers.isDone(Errors.forException(late))) {
                    throw new AssertionError("a marker of " + prepared + " was refused", late);
                }
            }
            underWay.add(() -> {
                partition.flush();
                mark(prepared, left);
            });
        });
    }
}
