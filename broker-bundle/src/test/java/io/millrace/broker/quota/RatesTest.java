package io.millrace.broker.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.broker.quota.RateMeters.Admission;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RatesTest {

    private static final QuotaWindows WINDOWS = new QuotaWindows(11, 1);

    private static Limit limit(String clientId, double bound) {
        return new Limit(QuotaType.PRODUCER_BYTE_RATE, "", clientId, bound);
    }

    private record Use(long at, double amount) {
    }

    @Test
    void theRateIsThatOfTheWindowUnderWayAndTheFullOnesBefore() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int windows = 2 + random.nextInt(10);
            SampledRate rate = new SampledRate(windows, 1000);
            List<Use> uses = new ArrayList<>();
            long now = random.nextLong(-1_000_000, 1_000_000);
            for (int i = 0; i < 100; i++) {
                now += random.nextInt(10) == 0 ? random.nextInt(20_000) : random.nextInt(700);
                double amount = random.nextInt(1000);
                rate.record(amount, now);
                uses.add(new Use(now, amount));
                long oldest = (Math.floorDiv(now, 1000L) - windows + 1) * 1000;
                double sum = uses.stream().filter(use -> use.at() >= oldest).mapToDouble(Use::amount).sum();
                assertThat(rate.perSecond(now)).as("seed %d", seed).isCloseTo(sum * 1000 / (now - oldest), within(1e-6));
            }
        }
    }

    @Test
    void whoeverIsStillAsLongAsToldUsesNoMoreThanTheBoundOverLong() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 100; round++) {
            RateMeters meters = new RateMeters(WINDOWS);
            // Single uses are small beside what the windows hold: a debt that reaches beyond them is forgotten with them, as in Kafka.
            double bound = 20_000 + random.nextInt(100_000);
            long now = random.nextInt(100_000);
            long began = now;
            double used = 0;
            boolean throttled = false;
            for (int i = 0; i < 3000; i++) {
                double amount = random.nextInt(20_000);
                used += amount;
                long wait = meters.record(limit("c", bound), amount, now);
                throttled |= wait > 0;
                now += wait + random.nextInt(5);
            }
            double seconds = (now - began) / 1000.0;
            // The first ten windows' budget is a burst.
            assertThat(used).as("seed %d", seed).isLessThanOrEqualTo(bound * (seconds * 1.1 + 12) + 20_000);
            if (throttled && seconds > 200) {
                assertThat(used / seconds).as("seed %d: nor does the quota hold anybody far below it", seed).isGreaterThan(bound * 0.85);
            }
        }
    }

    @Test
    void theThrottleTimeIsWhatBringsTheRateBackToTheBound() {
        SampledRate rate = new SampledRate(11, 1000);
        rate.record(30_000, 5000);
        assertThat(rate.perSecond(5000)).isEqualTo(3000);
        // 30,000 in 10 s + 20 s are 1,000 a second.
        assertThat(rate.excessMillis(1000, 5000)).isEqualTo(20_000);
        assertThat(rate.excessMillis(3000, 5000)).isZero();
    }

    @Test
    void clientsOfOneLimitShareItAndOthersDoNot() {
        RateMeters meters = new RateMeters(WINDOWS);
        assertThat(meters.record(limit("a", 100), 900, 0)).isZero();
        assertThat(meters.record(limit("b", 100), 900, 0)).isZero();
        assertThat(meters.record(limit("a", 100), 900, 0)).isPositive();
    }

    @Test
    void whatIsNotAdmittedIsNotCounted() {
        RateMeters meters = new RateMeters(WINDOWS);
        assertThat(meters.admit(limit("a", 100), 900, 0)).isEqualTo(new Admission(true, 0));
        assertThat(meters.admit(limit("a", 100), 900, 0)).isEqualTo(new Admission(false, 8000));
        assertThat(meters.admit(limit("a", 100), 100, 0)).isEqualTo(new Admission(true, 0));
    }

    @Test
    void anAmountThatAloneExceedsTheLimitIsAdmittedAfterASilence() {
        RateMeters meters = new RateMeters(WINDOWS);
        assertThat(meters.admit(limit("a", 100), 5000, 0)).isEqualTo(new Admission(true, 40_000));
        assertThat(meters.admit(limit("a", 100), 5000, 500).admitted()).isFalse();
        assertThat(meters.admit(limit("a", 100), 5000, 41_000).admitted()).isTrue();
    }

    @Test
    void namesThatClientsMakeUpAreForgotten() {
        RateMeters meters = new RateMeters(WINDOWS);
        for (int i = 0; i < 200_000; i++) {
            meters.record(limit("client " + i, 100), 1, i);
        }
        assertThat(meters.size()).isLessThan(50_000);
        // Who is over the limit is not forgotten with them.
        assertThat(meters.record(limit("greedy", 100), 5000, 200_000)).isPositive();
        for (int i = 0; i < 50_000; i++) {
            meters.record(limit("other " + i, 100), 1, 200_001);
        }
        assertThat(meters.record(limit("greedy", 100), 0, 200_002)).isPositive();
    }

    @Test
    void strictMutationsAreRefusedWhileThereIsADebt() {
        MutationMeters meters = new MutationMeters(new QuotaWindows(2, 1));
        Limit limit = new Limit(QuotaType.CONTROLLER_MUTATION_RATE, "", "c", 5);
        // Ten tokens are there; taking the last ones may overdraw.
        assertThat(meters.take(limit, 9, true, 0).debtMillis()).isZero();
        assertThat(meters.take(limit, 11, true, 0)).isEqualTo(new MutationMeters.Taken(true, 2000));
        assertThat(meters.take(limit, 1, true, 1000)).isEqualTo(new MutationMeters.Taken(false, 1000));
        assertThat(meters.take(limit, 1, true, 2000).taken()).isTrue();
        // Old clients cannot be refused, only throttled.
        assertThat(meters.take(limit, 9, false, 2000)).isEqualTo(new MutationMeters.Taken(true, 2000));
        assertThat(meters.take(limit, 5, false, 2000)).isEqualTo(new MutationMeters.Taken(true, 3000));
    }

    @Test
    void mutationsNeverExceedBurstAndRateByMoreThanOneRequest() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            MutationMeters meters = new MutationMeters(WINDOWS);
            Limit limit = new Limit(QuotaType.CONTROLLER_MUTATION_RATE, "u", "", 1 + random.nextInt(20));
            long now = 0;
            long taken = 0;
            for (int i = 0; i < 500; i++) {
                int amount = 1 + random.nextInt(50);
                if (meters.take(limit, amount, true, now).taken()) {
                    taken += amount;
                }
                assertThat((double) taken).as("seed %d", seed).isLessThanOrEqualTo(limit.bound() * (11 + now / 1000.0) + 50);
                now += random.nextInt(1000);
            }
        }
    }
}
