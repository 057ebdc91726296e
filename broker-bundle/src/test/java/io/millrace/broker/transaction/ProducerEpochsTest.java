package io.millrace.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.transaction.TransactionShard.End;
import io.millrace.broker.transaction.TransactionShard.Init;
import io.millrace.broker.transaction.Transaction.Producer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a producer whose epochs are used up, and of the one that fences another with the last of them. */
class ProducerEpochsTest {

    private static final String ID = "worn";
    private static final List<TopicPartition> OUT = List.of(new TopicPartition("out", 0));
    private static final long FRESH = 900;
    private static final Producer LAST = new Producer(7, Transaction.LAST_EPOCH);

    private final List<Transaction> prepared = new ArrayList<>();
    private final List<Journal.Entry> log = new ArrayList<>();
    private TransactionShard shard;
    private long now = 1_000;

    @BeforeEach
    void start() {
        Transaction worn = new Transaction(ID, LAST.id(), LAST.epoch(), Transaction.NONE, Transaction.NONE, Transaction.NO_EPOCH, 1_000, Transaction.State.EMPTY,
                Set.of(), now, Transaction.NONE, 0);
        log.add(new Journal.Entry(-1, (short) -1, TransactionRecords.key(ID), TransactionRecords.value(worn)));
        replay();
    }

    private void replay() {
        prepared.clear();
        shard = new TransactionShard(CoordinatorSettings.standard(), prepared::add);
        for (Journal.Entry entry : log) {
            shard.replay(-1, (short) -1, ByteBuffer.wrap(entry.key()), entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        }
        shard.loaded(now);
    }

    private <R> R run(Function<Journal, R> command) {
        Journal journal = new Journal(now);
        R result = command.apply(journal);
        log.addAll(journal.entries());
        return result;
    }

    private void complete() {
        Transaction next = prepared.removeFirst();
        run(journal -> {
            shard.complete(next, journal);
            return null;
        });
    }

    private Errors add(Producer producer, int clientVersion) {
        return run(journal -> shard.add(ID, producer, OUT, clientVersion, journal));
    }

    private End end(Producer producer, boolean commit, int clientVersion) {
        End end = run(journal -> shard.end(ID, producer, commit, clientVersion, FRESH, journal));
        if (end.prepared() != null && !prepared.contains(end.prepared())) {
            prepared.add(end.prepared());
        }
        return end;
    }

    private Init init(Producer expected) {
        return run(journal -> shard.init(ID, 1_000, expected, FRESH, journal));
    }

    @Test
    void theEndOfATransactionGivesAProducerWithoutEpochsANewId() {
        add(LAST, 2);
        End end = end(LAST, true, 2);
        assertThat(end.producer()).isEqualTo(new Producer(FRESH, (short) 0));
        assertThat(prepared).singleElement().satisfies(one -> {
            assertThat(one.producerId()).as("of the markers").isEqualTo(LAST.id());
            assertThat(one.epoch()).as("of the markers").isEqualTo(Short.MAX_VALUE);
        });
        assertThat(end(LAST, true, 2).producer()).as("asked again before it is complete").isEqualTo(end.producer());
        replay();
        complete();
        assertThat(end(LAST, true, 2).producer()).as("asked again when it is complete").isEqualTo(end.producer());
        assertThat(end(LAST, false, 2).error()).as("another end").isEqualTo(Errors.INVALID_TXN_STATE);
        assertThat(add(LAST, 2)).as("the old id").isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        assertThat(add(end.producer(), 2)).as("the new id").isEqualTo(Errors.NONE);
        assertThat(end(LAST, true, 2).error()).as("the old id once the next transaction is open").isEqualTo(Errors.PRODUCER_FENCED);
    }

    @Test
    void aProducerThatTimesOutWithItsLastEpochIsFencedAndNeverHasTheEpochThatFencedIt() {
        for (int clientVersion : new int[] {0, 2}) {
            log.clear();
            start();
            add(LAST, clientVersion);
            now += 1_001;
            run(journal -> {
                shard.onTime(journal);
                return null;
            });
            assertThat(prepared.getFirst().epoch()).isEqualTo(Short.MAX_VALUE);
            assertThat(end(LAST, false, clientVersion).error()).as("client %d, before it is complete", clientVersion).isEqualTo(Errors.PRODUCER_FENCED);
            complete();
            assertThat(end(LAST, false, clientVersion).error()).as("client %d, when it is complete", clientVersion).isEqualTo(Errors.PRODUCER_FENCED);
            assertThat(init(LAST).producer()).as("client %d goes on", clientVersion).isEqualTo(new Producer(FRESH, (short) 0));
        }
    }

    @Test
    void aProducerWhoseTransactionTookTooLongGoesOnWithTheEpochThatEndedIt() {
        log.clear();
        Transaction fresh = new Transaction(ID, 8, (short) 4, Transaction.NONE, Transaction.NONE, Transaction.NO_EPOCH, 1_000, Transaction.State.EMPTY, Set.of(), now,
                Transaction.NONE, 0);
        log.add(new Journal.Entry(-1, (short) -1, TransactionRecords.key(ID), TransactionRecords.value(fresh)));
        replay();
        Producer slow = new Producer(8, (short) 4);
        add(slow, 0);
        now += 1_001;
        run(journal -> {
            shard.onTime(journal);
            return null;
        });
        assertThat(init(slow).error()).as("before the abort is complete").isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
        complete();
        assertThat(add(slow, 0)).as("without having initialised itself").isEqualTo(Errors.PRODUCER_FENCED);
        assertThat(init(slow).producer()).isEqualTo(new Producer(8, (short) 5));
        assertThat(init(Producer.NONE).producer()).as("another one").isEqualTo(new Producer(8, (short) 6));
        assertThat(init(slow).error()).as("once another one has the id").isEqualTo(Errors.PRODUCER_FENCED);
    }

    @Test
    void whoTakesTheIdOverFromAProducerWithoutEpochsGetsANewProducerId() {
        add(LAST, 0);
        assertThat(init(Producer.NONE).error()).isEqualTo(Errors.CONCURRENT_TRANSACTIONS);
        complete();
        Init init = init(Producer.NONE);
        assertThat(init.producer()).isEqualTo(new Producer(FRESH, (short) 0));
        replay();
        assertThat(end(LAST, true, 0).error()).as("the one before").isEqualTo(Errors.INVALID_PRODUCER_ID_MAPPING);
        assertThat(add(init.producer(), 0)).isEqualTo(Errors.NONE);
    }

    @Test
    void aProducerThatGoesOnWithItsLastEpochGetsANewIdAndTheSameOneIfItAsksAgain() {
        Init init = init(LAST);
        assertThat(init.producer()).isEqualTo(new Producer(FRESH, (short) 0));
        assertThat(init(LAST).producer()).as("asked again").isEqualTo(init.producer());
    }
}
