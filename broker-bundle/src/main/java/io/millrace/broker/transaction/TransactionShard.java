package io.millrace.broker.transaction;

import io.millrace.broker.coordinator.Alarms;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.coordinator.StateMachine;
import io.millrace.broker.transaction.Transaction.Producer;
import io.millrace.broker.transaction.Transaction.State;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * The transactional ids of one partition of {@code __transaction_state}:
 * <pre>
 * EMPTY, COMPLETE_*          -> ONGOING          a partition or a group's offsets joined
 * ONGOING                    -> PREPARE_COMMIT   the producer committed: from here on nothing but the commit can happen
 *                            -> PREPARE_ABORT    the producer aborted, was replaced by another, or was too slow
 * PREPARE_COMMIT             -> COMPLETE_COMMIT  every partition has its marker
 * PREPARE_ABORT              -> COMPLETE_ABORT   likewise
 * EMPTY, COMPLETE_*          -> EMPTY            a producer took the id over
 * </pre>
 * Epochs never go back. Transactions that nobody asked to end, and those that are prepared after a replay, are handed to {@code completer}.
 */
final class TransactionShard implements StateMachine {

    /** The answer to a producer that takes its id over. @param fenced a prepared transaction of the one before, to be complete first */
    record Init(Errors error, Producer producer, Transaction fenced) {
    }

    /** The answer to the end of a transaction. @param prepared to be completed first, by who asked unless another one is at it already; or null */
    record End(Errors error, Producer producer, Transaction prepared) {
    }

    private final CoordinatorSettings settings;
    private final Consumer<Transaction> completer;
    private final Map<String, Transaction> transactions = new HashMap<>();
    /** Of open transactions that take too long. */
    private final Alarms alarms = new Alarms();
    private long nextExpiryCheck = NEVER;
    private long firstFreeProducerId;
    private LostJoins lost = LostJoins.NONE;

    /**
     * @param completer gets each transaction that is prepared without an {@link End}; must not block nor call back at once
     */
    TransactionShard(CoordinatorSettings settings, Consumer<Transaction> completer) {
        this.settings = settings;
        this.completer = completer;
    }

    @Override
    public void replay(long producerId, short producerEpoch, ByteBuffer key, ByteBuffer value) {
        switch (TransactionRecords.key(key)) {
            case TransactionRecords.TransactionKey(String id) -> {
                if (value == null) {
                    transactions.remove(id);
                } else {
                    transactions.put(id, TransactionRecords.value(id, value));
                }
            }
            case TransactionRecords.ProducerIdsKey() -> firstFreeProducerId = TransactionRecords.producerIds(value);
            case TransactionRecords.UnknownKey _ -> {
            }
        }
    }

    @Override
    public void loaded(long now) {
        nextExpiryCheck = now + settings.expiredIdCheckMs();
        transactions.values().forEach(this::schedule);
        transactions.values().stream().filter(transaction -> transaction.state().isPrepared()).forEach(completer);
    }

    @Override
    public void ended(long producerId, boolean committed) {
        // Nobody writes here in a transaction.
    }

    @Override
    public void abandon(RuntimeException failure) {
        // Whoever waits, waits for the completer.
    }

    /** A block of ids that nobody gets again, even if they are never used. @return the first */
    long reserveProducerIds(int count, Journal journal) {
        long first = firstFreeProducerId;
        firstFreeProducerId += count;
        journal.put(TransactionRecords.producerIdsKey(), TransactionRecords.producerIds(firstFreeProducerId));
        return first;
    }

    Transaction transaction(String id) {
        return transactions.get(id);
    }

    Collection<Transaction> transactions() {
        return transactions.values();
    }

    private void schedule(Transaction transaction) {
        if (transaction.state() == State.ONGOING) {
            alarms.set(transaction.id(), transaction.startedAt() + transaction.timeoutMs());
        }
    }

    private Transaction store(Transaction transaction, Journal journal) {
        transactions.put(transaction.id(), transaction);
        schedule(transaction);
        journal.put(TransactionRecords.key(transaction.id()), TransactionRecords.value(transaction));
        return transaction;
    }

    /**
     * A producer takes the id over.
     *
     * @param expected what the producer has, if it goes on after an error (KIP-360), or {@link Producer#NONE}
     * @param unused   a producer id that nobody has
     */
    Init init(String id, int timeoutMs, Producer expected, long unused, Journal journal) {
        if (timeoutMs <= 0 || timeoutMs > settings.maxTransactionTimeoutMs()) {
            return refused(Errors.INVALID_TRANSACTION_TIMEOUT);
        }
        Transaction current = transactions.get(id);
        if (current == null) {
            // Also for a producer that goes on after its id expired.
            return created(id, timeoutMs, unused, journal);
        }
        if (expected.id() != Producer.NONE.id() && !current.isOf(expected)) {
            return refused(Errors.PRODUCER_FENCED);
        }
        return switch (current.state()) {
            case PREPARE_COMMIT, PREPARE_ABORT -> new Init(Errors.CONCURRENT_TRANSACTIONS, Producer.NONE, current);
            case ONGOING -> new Init(Errors.CONCURRENT_TRANSACTIONS, Producer.NONE, fence(current, Transaction.NO_EPOCH, journal));
            case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT -> {
                if (current.epoch() <= Transaction.LAST_EPOCH && (expected.id() == current.producerId() && expected.epoch() != current.epoch()
                        || expected.id() != Producer.NONE.id() && expected.id() == current.previousProducerId())) {
                    // The same request again, whose first answer was lost; or its transaction took too long, which gave it a new epoch already (KIP-588).
                    yield new Init(Errors.NONE, current.producer(), null);
                }
                Transaction next = (current.isExhausted()
                        ? current.of(unused, (short) 0, current.producerId(), Transaction.NONE, current.epoch())
                        : current.of(current.producerId(), (short) (current.epoch() + 1), Transaction.NONE, Transaction.NONE,
                                expected.id() == Producer.NONE.id() ? Transaction.NO_EPOCH : current.epoch()))
                        .by(0, timeoutMs).as(State.EMPTY, Set.of(), journal.now(), Transaction.NONE);
                store(next, journal);
                yield new Init(Errors.NONE, next.producer(), null);
            }
        };
    }

    private static Init refused(Errors error) {
        return new Init(error, Producer.NONE, null);
    }

    private Init created(String id, int timeoutMs, long unused, Journal journal) {
        Transaction made = store(new Transaction(id, unused, (short) 0, Transaction.NONE, Transaction.NONE, Transaction.NO_EPOCH, timeoutMs,
                State.EMPTY, Set.of(), journal.now(), Transaction.NONE, 0), journal);
        return new Init(Errors.NONE, made.producer(), null);
    }

    /**
     * Aborts on behalf of nobody: the epoch grows once, so that whoever began the transaction is out (KAFKA-19367: once, not twice).
     *
     * @param readmitted the epoch whose producer may initialise itself and go on, or {@link Transaction#NO_EPOCH}
     */
    private Transaction fence(Transaction ongoing, short readmitted, Journal journal) {
        short fencing = (short) Math.min(ongoing.epoch() + 1, Short.MAX_VALUE);
        Transaction prepared = prepare(ongoing.of(ongoing.producerId(), fencing, ongoing.previousProducerId(), Transaction.NONE, readmitted), false, journal);
        completer.accept(prepared);
        return prepared;
    }

    private Transaction prepare(Transaction ongoing, boolean commit, Journal journal) {
        return store(ongoing.as(commit ? State.PREPARE_COMMIT : State.PREPARE_ABORT, ongoing.partitions(), journal.now(), ongoing.startedAt()), journal);
    }

    /** Partitions join the transaction, which begins with the first one. */
    Errors add(String id, Producer producer, Collection<TopicPartition> partitions, int clientVersion, Journal journal) {
        Transaction current = transactions.get(id);
        Errors error = check(current, producer);
        if (error != Errors.NONE) {
            return error;
        }
        if (current.state().isPrepared()) {
            return Errors.CONCURRENT_TRANSACTIONS;
        }
        boolean ongoing = current.state() == State.ONGOING;
        if (ongoing && current.partitions().containsAll(partitions)) {
            return Errors.NONE;
        }
        Set<TopicPartition> all = new HashSet<>(ongoing ? current.partitions() : Set.of());
        all.addAll(partitions);
        store(current.by(Math.max(clientVersion, ongoing ? current.clientVersion() : 0), current.timeoutMs())
                .as(State.ONGOING, all, journal.now(), ongoing ? current.startedAt() : journal.now()), journal);
        return Errors.NONE;
    }

    /** Which of the partitions are part of the open transaction. */
    Map<TopicPartition, Errors> verify(String id, Producer producer, Collection<TopicPartition> partitions) {
        Transaction current = transactions.get(id);
        Errors error = check(current, producer);
        if (error == Errors.NONE && current.state().isPrepared()) {
            error = Errors.CONCURRENT_TRANSACTIONS;
        }
        Map<TopicPartition, Errors> results = new HashMap<>();
        for (TopicPartition partition : partitions) {
            boolean joined = error == Errors.NONE && current.state() == State.ONGOING && current.partitions().contains(partition);
            results.put(partition, joined || error != Errors.NONE ? error : Errors.TRANSACTION_ABORTABLE);
        }
        return results;
    }

    private static Errors check(Transaction current, Producer producer) {
        if (current == null || current.producerId() != producer.id()) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        return current.epoch() != producer.epoch() ? Errors.PRODUCER_FENCED : Errors.NONE;
    }

    /** The producer ends its transaction. @param clientVersion 2 if it gets a new epoch with the answer; @param unused a producer id that nobody has */
    End end(String id, Producer producer, boolean commit, int clientVersion, long unused, Journal journal) {
        Transaction current = transactions.get(id);
        return clientVersion < 2 ? endKeepingEpoch(current, producer, commit, journal) : endWithNewEpoch(current, producer, commit, unused, journal);
    }

    private End endKeepingEpoch(Transaction current, Producer producer, boolean commit, Journal journal) {
        Errors error = check(current, producer);
        if (error != Errors.NONE) {
            return new End(error, Producer.NONE, null);
        }
        return switch (current.state()) {
            case ONGOING -> new End(Errors.NONE, producer, prepare(current, commit, journal));
            case PREPARE_COMMIT, PREPARE_ABORT -> repeated(current, commit, State.PREPARE_COMMIT);
            case COMPLETE_COMMIT, COMPLETE_ABORT -> repeated(current, commit, State.COMPLETE_COMMIT);
            case EMPTY -> new End(Errors.INVALID_TXN_STATE, Producer.NONE, null);
        };
    }

    private End endWithNewEpoch(Transaction current, Producer producer, boolean commit, long unused, Journal journal) {
        if (current == null || producer.id() != current.producerId() && producer.id() != current.previousProducerId()) {
            return new End(Errors.INVALID_PRODUCER_ID_MAPPING, Producer.NONE, null);
        }
        if (current.isOfTheOneBefore(producer)) {
            return switch (current.state()) {
                case PREPARE_COMMIT, PREPARE_ABORT -> repeated(current, commit, State.PREPARE_COMMIT);
                case COMPLETE_COMMIT, COMPLETE_ABORT -> repeated(current, commit, State.COMPLETE_COMMIT);
                case EMPTY, ONGOING -> new End(Errors.PRODUCER_FENCED, Producer.NONE, null);
            };
        }
        Errors error = check(current, producer);
        if (error != Errors.NONE) {
            return new End(error, Producer.NONE, null);
        }
        return switch (current.state()) {
            case ONGOING -> prepareWithNewEpoch(current, commit, unused, journal);
            case PREPARE_COMMIT, PREPARE_ABORT -> new End(Errors.CONCURRENT_TRANSACTIONS, Producer.NONE, current);
            // An abort fences what may still be under way of a transaction that never came to be. A commit came too early: producers ask for
            // batches under way and for their next request in two steps, and one that begins, writes and commits in between sends the commit
            // first. Told to try again, it writes first; Kafka refuses it for good, and it has to be made anew.
            case EMPTY, COMPLETE_COMMIT, COMPLETE_ABORT -> commit ? new End(Errors.CONCURRENT_TRANSACTIONS, Producer.NONE, null)
                    : prepareWithNewEpoch(current.as(State.ONGOING, Set.of(), journal.now(), journal.now()), false, unused, journal);
        };
    }

    private End prepareWithNewEpoch(Transaction current, boolean commit, long unused, Journal journal) {
        long next = current.isExhausted() ? unused : Transaction.NONE;
        Transaction bumped = current.of(current.producerId(), (short) (current.epoch() + 1), Transaction.NONE, next, current.epoch()).by(2, current.timeoutMs());
        Transaction prepared = prepare(bumped, commit, journal);
        return new End(Errors.NONE, prepared.producerAfter(), prepared);
    }

    private static End repeated(Transaction current, boolean commit, State committed) {
        if (commit != (current.state() == committed)) {
            return new End(Errors.INVALID_TXN_STATE, Producer.NONE, null);
        }
        Producer after = current.producerAfter();
        if (after.epoch() > Transaction.LAST_EPOCH) {
            // Fenced with the epoch that is kept for that: the producer gets a new id when it initialises itself.
            return new End(Errors.PRODUCER_FENCED, Producer.NONE, null);
        }
        return new End(Errors.NONE, after, current.state().isPrepared() ? current : null);
    }

    /** Every partition has the marker. */
    void complete(Transaction prepared, Journal journal) {
        Transaction current = transactions.get(prepared.id());
        if (current == null || !current.state().isPrepared() || current.epoch() != prepared.epoch() || current.producerId() != prepared.producerId()) {
            return;
        }
        Producer after = current.producerAfter();
        boolean replaced = after.id() != current.producerId();
        store(current.of(after.id(), after.epoch(), replaced ? current.producerId() : current.previousProducerId(), Transaction.NONE, current.previousEpoch())
                .as(current.state() == State.PREPARE_COMMIT ? State.COMPLETE_COMMIT : State.COMPLETE_ABORT, Set.of(), journal.now(), current.startedAt()), journal);
        rejoin(current.id(), journal);
    }

    /** Before the first command after a replay. @return the transactions that got back what they had lost; others will when they are complete */
    List<Transaction> rejoin(LostJoins found, Journal journal) {
        lost = found;
        return List.copyOf(transactions.keySet()).stream().map(id -> rejoin(id, journal)).filter(Objects::nonNull).toList();
    }

    private Transaction rejoin(String id, Journal journal) {
        Transaction rejoined = lost.rejoined(transactions.get(id), journal.now());
        return rejoined == null ? null : store(rejoined, journal);
    }

    void topicDeleted(String topic, Journal journal) {
        for (Transaction transaction : List.copyOf(transactions.values())) {
            if (transaction.state() == State.ONGOING && transaction.partitions().stream().anyMatch(partition -> partition.topic().equals(topic))) {
                Set<TopicPartition> left = new HashSet<>(transaction.partitions());
                left.removeIf(partition -> partition.topic().equals(topic));
                store(transaction.as(State.ONGOING, left, journal.now(), transaction.startedAt()), journal);
            }
        }
    }

    @Override
    public long nextDeadline() {
        return Math.min(nextExpiryCheck, alarms.next());
    }

    @Override
    public void onTime(Journal journal) {
        for (String id = alarms.due(journal.now()); id != null; id = alarms.due(journal.now())) {
            Transaction transaction = transactions.get(id);
            if (transaction != null && transaction.state() == State.ONGOING) {
                if (transaction.startedAt() + transaction.timeoutMs() <= journal.now()) {
                    fence(transaction, transaction.epoch(), journal);
                } else {
                    schedule(transaction);
                }
            }
        }
        if (nextExpiryCheck <= journal.now()) {
            nextExpiryCheck = journal.now() + settings.expiredIdCheckMs();
            for (Transaction transaction : List.copyOf(transactions.values())) {
                boolean idle = transaction.state() != State.ONGOING && !transaction.state().isPrepared();
                if (idle && transaction.updatedAt() + settings.transactionalIdRetentionMs() <= journal.now()) {
                    transactions.remove(transaction.id());
                    journal.remove(TransactionRecords.key(transaction.id()));
                }
            }
        }
    }
}
