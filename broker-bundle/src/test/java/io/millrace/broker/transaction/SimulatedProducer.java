package io.millrace.broker.transaction;

import io.millrace.broker.transaction.Transaction.Producer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * A transactional producer as clients are: it repeats what it got no answer to, gives up and begins anew when it is refused, and remembers what it
 * was told of each transaction. Requests and answers are delayed and lost. Those of a client of today may also come late, after it has
 * repeated them or given them up: since each transaction has an epoch of its own, that must not matter.
 */
final class SimulatedProducer {

    enum Outcome {
        COMMITTED, ABORTED,
        /** Asked for the commit and never heard. */
        UNKNOWN,
        /** Never asked for the commit. */
        GIVEN_UP
    }

    static final class Attempt {
        private final String name;
        private final List<String> values = new ArrayList<>();
        private Outcome outcome = Outcome.GIVEN_UP;

        private Attempt(String name) {
            this.name = name;
        }

        List<String> values() {
            return values;
        }

        Outcome outcome() {
            return outcome;
        }

        @Override
        public String toString() {
            return name + " (" + outcome + ") " + values;
        }
    }

    private static final class Batch {
        private final TopicPartition partition;
        private final int sequence;
        private final String value;
        private boolean acknowledged;

        private Batch(TopicPartition partition, int sequence, String value) {
            this.partition = partition;
            this.sequence = sequence;
            this.value = value;
        }
    }

    private final String id;
    private final int version;
    private final SimulatedBroker broker;
    private final Random random;
    private final List<Attempt> attempts = new ArrayList<>();
    private final Map<TopicPartition, Integer> sequences = new HashMap<>();
    private final Set<TopicPartition> added = new HashSet<>();
    private final List<Batch> batches = new ArrayList<>();
    private Producer producer = Producer.NONE;
    private Producer expected = Producer.NONE;
    private Attempt attempt;
    private Boolean ending;
    /** Which request is waited for: answers to others come too late. */
    private int waitingFor;
    private int asked;
    private boolean waiting;
    private boolean lost;
    private boolean writing;
    /** Whether an old client needs a new epoch after its abort, because it does not know what of the transaction is still on its way. */
    private boolean bumps;
    private int askedAt;

    SimulatedProducer(String id, int version, SimulatedBroker broker, Random random) {
        this.id = id;
        this.version = version;
        this.broker = broker;
        this.random = random;
    }

    List<Attempt> attempts() {
        return attempts;
    }

    void step() {
        if (random.nextInt(300) == 0) {
            // Dies and comes back; what it said is still on its way.
            beginAnew(Producer.NONE);
        }
        if (waiting) {
            // An answer that does not come: it was lost, the broker crashed, or, to a client of today, it takes long.
            if (version < 2 && writing && random.nextInt(40) == 0) {
                // What is not delivered in time is given up with its transaction, and may arrive later all the same.
                waiting = false;
                ending = false;
                bumps = true;
            } else if (random.nextInt(25) == 0 && (mayRepeat() || lost || askedAt != broker.starts())) {
                waiting = false;
            }
            return;
        }
        if (producer == Producer.NONE) {
            init();
        } else if (attempt == null) {
            attempt = new Attempt(id + "/" + attempts.size());
            attempts.add(attempt);
        } else if (ending != null) {
            end();
        } else {
            write();
        }
    }

    private <A> Consumer<A> answer(Consumer<A> then) {
        int request = ++asked;
        waitingFor = request;
        waiting = true;
        writing = false;
        lost = false;
        askedAt = broker.starts();
        return told -> {
            if (waitingFor == request && waiting) {
                lost = random.nextInt(12) == 0;
                if (!lost) {
                    waiting = false;
                    then.accept(told);
                }
            }
        };
    }

    /** An old client waits until its request was served or cannot be any more: its epoch does not tell late requests from those of the next transaction. */
    private boolean mayRepeat() {
        return version >= 2;
    }

    private void init() {
        broker.init(id, expected, answer(init -> {
            if (init.error() == Errors.NONE) {
                producer = init.producer();
                sequences.clear();
            } else if (init.error() != Errors.CONCURRENT_TRANSACTIONS) {
                expected = Producer.NONE;
            }
        }));
    }

    private void beginAnew(Producer goingOnAs) {
        producer = Producer.NONE;
        expected = goingOnAs;
        sequences.clear();
        bumps = false;
        finish(null);
        waiting = false;
    }

    private void finish(Outcome outcome) {
        if (attempt != null && outcome != null) {
            attempt.outcome = outcome;
        }
        attempt = null;
        ending = null;
        added.clear();
        batches.clear();
    }

    private void write() {
        Batch next = batches.stream().filter(batch -> !batch.acknowledged).findFirst().orElse(null);
        if (next == null || mayRepeat() && batches.size() < 4 && random.nextInt(3) == 0) {
            if (!batches.isEmpty() && random.nextInt(4) == 0) {
                ending = next == null && random.nextInt(4) > 0;
                return;
            }
            TopicPartition partition = SimulatedBroker.PARTITIONS.get(random.nextInt(3));
            int sequence = sequences.merge(partition, 0, (before, _) -> before + 1);
            String value = attempt.name + "/" + batches.size();
            attempt.values.add(value);
            next = new Batch(partition, sequence, value);
            batches.add(next);
        }
        Batch sent = earliest(next.partition);
        if (version < 2 && !added.contains(sent.partition)) {
            broker.add(id, producer, sent.partition, answer(error -> {
                if (error == Errors.NONE) {
                    added.add(sent.partition);
                } else if (error != Errors.CONCURRENT_TRANSACTIONS) {
                    refused();
                }
            }));
            return;
        }
        broker.produce(id, producer, version, sent.partition, sent.sequence, sent.value, answer(error -> {
            switch (error) {
                case NONE -> sent.acknowledged = true;
                case CONCURRENT_TRANSACTIONS, NOT_ENOUGH_REPLICAS -> {
                    // Again.
                }
                default -> refused();
            }
        }));
        writing = true;
    }

    /** In order within a partition, as clients keep it. */
    private Batch earliest(TopicPartition partition) {
        return batches.stream().filter(batch -> batch.partition.equals(partition) && !batch.acknowledged).findFirst().orElseThrow();
    }

    private void refused() {
        beginAnew(random.nextBoolean() ? producer : Producer.NONE);
    }

    private void end() {
        boolean commit = ending;
        if (commit) {
            attempt.outcome = Outcome.UNKNOWN;
        }
        broker.end(id, producer, commit, version, answer(end -> {
            switch (end.error()) {
                case NONE -> {
                    if (version >= 2) {
                        producer = end.producer();
                        sequences.clear();
                    }
                    finish(commit ? Outcome.COMMITTED : Outcome.ABORTED);
                    if (bumps) {
                        beginAnew(producer);
                    }
                }
                case CONCURRENT_TRANSACTIONS -> {
                    // Again.
                }
                default -> refused();
            }
        }));
    }
}
