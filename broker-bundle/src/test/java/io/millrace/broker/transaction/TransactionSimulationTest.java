package io.millrace.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.transaction.Transaction.State;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.Transaction.Producer;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Random producers of one transactional id, with retries, time-outs and crashes anywhere between prepared and complete. */
class TransactionSimulationTest {

    private static final String ID = "t";
    private static final List<TopicPartition> PARTITIONS = List.of(new TopicPartition("a", 0), new TopicPartition("a", 1), new TopicPartition("b", 0));

    private final List<Journal.Entry> log = new ArrayList<>();
    private final Deque<Transaction> prepared = new ArrayDeque<>();
    private final SameOutcomeEverywhere outcomes = new SameOutcomeEverywhere();
    private final EpochsNeverGoBack epochs = new EpochsNeverGoBack();
    private final List<Client> clients = new ArrayList<>();
    private Random random;
    private TransactionShard shard;
    private long now = 1_000_000;
    private long nextProducerId = 100;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233})
    void everyTransactionHasOneOutcomeInAllPartitions(long seed) {
        LoggerFactory.getLogger(TransactionSimulationTest.class).info("seed {}", seed);
        random = new Random(seed);
        shard = empty();
        shard.loaded(now);
        for (int i = 0; i < 3; i++) {
            clients.add(new Client(i < 2 ? 2 : 0));
        }
        for (int step = 0; step < 5_000; step++) {
            String at = "seed " + seed + " step " + step;
            // No two transactions begin at the same time, so that the test can tell them apart.
            now++;
            int dice = random.nextInt(100);
            if (dice < 70) {
                clients.get(random.nextInt(clients.size())).step(at);
            } else if (dice < 95) {
                complete(random.nextInt(4) == 0, at);
            } else if (dice < 97) {
                restart();
            } else {
                now += random.nextInt(2_000);
                run(journal -> {
                    shard.onTime(journal);
                    return null;
                });
            }
            Transaction current = shard.transaction(ID);
            if (current != null) {
                epochs.check(current, at);
            }
        }
        while (!prepared.isEmpty()) {
            complete(false, "seed " + seed + " at rest");
        }
        assertThat(shard.transaction(ID).state().isPrepared()).as("seed " + seed).isFalse();
        assertThat(outcomes.decided).as("seed " + seed).hasSizeGreaterThan(100);
    }

    private TransactionShard empty() {
        prepared.clear();
        CoordinatorSettings usual = CoordinatorSettings.standard();
        return new TransactionShard(new CoordinatorSettings(1, 1, 0, 1, 60_000, usual.offsetsRetentionMs(), 4_096, 60_000, usual.transactionalIdRetentionMs(), usual.expiredIdCheckMs(), true),
                prepared::add);
    }

    private <R> R run(Function<Journal, R> command) {
        Journal journal = new Journal(now);
        R result = command.apply(journal);
        log.addAll(journal.entries());
        return result;
    }

    /** Writes the markers, all of them or only some before a crash. */
    private void complete(boolean crash, String at) {
        Transaction next = prepared.peek();
        if (next == null) {
            return;
        }
        List<TopicPartition> targets = new ArrayList<>(next.partitions());
        int reached = crash ? random.nextInt(targets.size() + 1) : targets.size();
        targets.subList(0, reached).forEach(partition -> outcomes.marked(next, partition, at));
        if (crash) {
            restart();
            return;
        }
        prepared.remove();
        run(journal -> {
            shard.complete(next, journal);
            return null;
        });
    }

    private void restart() {
        shard = empty();
        for (Journal.Entry entry : log) {
            shard.replay(-1, (short) -1, ByteBuffer.wrap(entry.key()), entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        }
        shard.loaded(now);
    }

    /** A transaction, known by its producer and the epoch of its markers, ends the same way wherever it ends. */
    private static final class SameOutcomeEverywhere {
        private final Map<String, State> decided = new HashMap<>();

        void marked(Transaction transaction, TopicPartition partition, String at) {
            String key = transaction.producerId() + "/" + transaction.epoch() + "/" + transaction.startedAt() + "/" + transaction.partitions();
            assertThat(decided.merge(key, transaction.state(), (before, _) -> before)).as(at + ": " + partition).isEqualTo(transaction.state());
        }

        void answered(Producer producer, boolean commit, State state, String at) {
            assertThat(state).as(at + ": " + producer).isIn(commit ? Set.of(State.PREPARE_COMMIT, State.COMPLETE_COMMIT) : Set.of(State.PREPARE_ABORT,
                    State.COMPLETE_ABORT));
        }
    }

    private static final class EpochsNeverGoBack {
        private final Map<Long, Short> highest = new HashMap<>();
        private long producerId = -1;

        void check(Transaction transaction, String at) {
            assertThat(transaction.producerId()).as(at).isGreaterThanOrEqualTo(producerId);
            producerId = transaction.producerId();
            short before = highest.getOrDefault(producerId, (short) 0);
            assertThat(transaction.epoch()).as(at).isGreaterThanOrEqualTo(before);
            highest.put(producerId, transaction.epoch());
        }
    }

    private final class Client {
        private final int version;
        private Producer producer = Producer.NONE;
        private boolean open;

        Client(int version) {
            this.version = version;
        }

        void step(String at) {
            if (producer == Producer.NONE || random.nextInt(60) == 0) {
                Producer expected = random.nextInt(3) == 0 ? producer : Producer.NONE;
                Init init = run(journal -> shard.init(ID, 1_000, expected, nextProducerId++, journal));
                producer = init.error() == Errors.NONE ? init.producer() : Producer.NONE;
                open = false;
            } else if (!open || random.nextBoolean()) {
                Errors error = run(journal -> shard.add(ID, producer, List.of(PARTITIONS.get(random.nextInt(3))), version, journal));
                if (error == Errors.NONE) {
                    open = true;
                    assertThat(shard.transaction(ID).state()).as(at).isEqualTo(State.ONGOING);
                } else if (error != Errors.CONCURRENT_TRANSACTIONS) {
                    producer = Producer.NONE;
                }
            } else {
                end(random.nextBoolean(), at);
            }
        }

        private void end(boolean commit, String at) {
            Producer before = producer;
            End end = run(journal -> shard.end(ID, before, commit, version, nextProducerId++, journal));
            if (end.prepared() != null && !prepared.contains(end.prepared())) {
                prepared.add(end.prepared());
            }
            if (end.error() == Errors.NONE) {
                outcomes.answered(before, commit, shard.transaction(ID).state(), at);
                if (random.nextInt(4) == 0) {
                    // The answer was lost.
                    End again = run(journal -> shard.end(ID, before, commit, version, nextProducerId++, journal));
                    assertThat(again.error()).as(at).isEqualTo(Errors.NONE);
                    assertThat(again.producer()).as(at).isEqualTo(end.producer());
                }
                producer = end.producer();
                open = false;
            } else if (end.error() != Errors.CONCURRENT_TRANSACTIONS) {
                producer = Producer.NONE;
            }
        }
    }
}
