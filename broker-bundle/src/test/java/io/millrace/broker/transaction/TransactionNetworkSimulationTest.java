package io.millrace.broker.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.transaction.SimulatedProducer.Attempt;
import io.millrace.broker.transaction.SimulatedProducer.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Producers of several transactional ids, of today's and of older clients, on a network that delays, reorders, repeats and loses what they say, with
 * a broker that crashes between any two steps and loses what was not durable. In the end each transaction must have become what its producer was
 * told, in all partitions or in none, and nothing may hang. {@code -Dmillrace.seeds=N} plays N more, chosen anew; {@code -Dmillrace.seed=S} plays that one.
 */
class TransactionNetworkSimulationTest {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionNetworkSimulationTest.class);
    private static final int STEPS = 20_000;

    static Stream<Long> seeds() {
        Long only = Long.getLong("millrace.seed");
        if (only != null) {
            return Stream.of(only);
        }
        long more = Long.getLong("millrace.seeds", 4);
        return LongStream.concat(LongStream.of(1, 2, 3, 5, 8, 13, 21, 34, 55, 89), new Random().longs(more)).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everyTransactionIsWholeOrNotThereAsItsProducerWasTold(long seed) {
        LOG.info("seed {}", seed);
        Random random = new Random(seed);
        SimulatedBroker broker = new SimulatedBroker(random);
        List<SimulatedProducer> producers = new ArrayList<>();
        producers.add(new SimulatedProducer("new", 2, broker, random));
        producers.add(new SimulatedProducer("new too", 2, broker, random));
        producers.add(new SimulatedProducer("old", 0, broker, random));
        broker.wearOut("new too");
        broker.wearOut("old");
        try {
            for (int step = 0; step < STEPS; step++) {
                if (random.nextInt(400) == 0) {
                    broker.crash();
                } else if (random.nextBoolean()) {
                    producers.get(random.nextInt(producers.size())).step();
                } else {
                    broker.step();
                }
            }
            for (int i = 0; broker.isBusy(); i++) {
                assertThat(i).as("steps until nothing is open any more: %s", broker).isLessThan(100_000);
                broker.comeToRest();
            }
        } catch (RuntimeException | AssertionError failed) {
            throw new AssertionError("seed " + seed + ": " + failed.getMessage(), failed);
        }
        verify(seed, broker, producers.stream().flatMap(producer -> producer.attempts().stream()).toList());
    }

    private static void verify(long seed, SimulatedBroker broker, List<Attempt> attempts) {
        Map<String, Integer> seen = new HashMap<>();
        Map<String, Integer> last = new HashMap<>();
        for (TopicPartition partition : SimulatedBroker.PARTITIONS) {
            for (String value : broker.partition(partition).committed()) {
                seen.merge(value, 1, Integer::sum);
                // producer/attempt/number
                String[] parts = value.split("/");
                Integer before = last.put(parts[0] + partition, Integer.parseInt(parts[1]));
                assertThat(before == null || before <= Integer.parseInt(parts[1])).as("seed %d: %s after attempt %d in %s", seed, value, before, partition).isTrue();
            }
        }
        Map<Outcome, Integer> counts = new HashMap<>();
        for (Attempt attempt : attempts) {
            counts.merge(attempt.outcome(), 1, Integer::sum);
            Set<String> there = new HashSet<>(attempt.values());
            there.retainAll(seen.keySet());
            assertThat(there.isEmpty() || there.size() == attempt.values().size()).as("seed %d: of %s there is only %s", seed, attempt, there).isTrue();
            switch (attempt.outcome()) {
                case COMMITTED -> assertThat(there).as("seed %d: %s", seed, attempt).hasSameSizeAs(attempt.values());
                case ABORTED, GIVEN_UP -> assertThat(there).as("seed %d: %s", seed, attempt).isEmpty();
                case UNKNOWN -> {
                }
            }
        }
        assertThat(seen.values()).as("seed %d: how often a value is there", seed).allMatch(count -> count == 1);
        LOG.info("seed {}: {} values, {}, {} crashes, after which {} transactions had lost a partition", seed, seen.size(), counts, broker.starts(), broker.rejoined());
        assertThat(counts.getOrDefault(Outcome.COMMITTED, 0)).as("seed %d: committed of %s", seed, counts).isGreaterThan(30);
        assertThat(counts.getOrDefault(Outcome.ABORTED, 0)).as("seed %d: aborted of %s", seed, counts).isGreaterThan(10);
    }
}
