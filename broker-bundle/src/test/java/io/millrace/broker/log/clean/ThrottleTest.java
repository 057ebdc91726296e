package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ThrottleTest {

    @Test
    void inTheLongRunNoMorePassesThanIsAllowed() {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (double rate : new double[] {1e3, 1e6, 50e6}) {
            Throttle throttle = new Throttle(rate);
            long start = random.nextLong(Long.MAX_VALUE / 2);
            long now = start;
            long passed = 0;
            for (int i = 0; i < 10_000; i++) {
                long bytes = random.nextInt(1, 300_000);
                now += random.nextInt(2_000_000);
                now += throttle.passed(bytes, now);
                passed += bytes;
            }
            double seconds = (now - start) / 1e9;
            assertThat(passed / seconds).as("seed %d, %f bytes per second", seed, rate).isLessThan(rate * 1.05 + 300_000 / seconds);
        }
    }

    @Test
    void whoIsSlowEnoughNeverRests() {
        Throttle throttle = new Throttle(1_000_000);
        for (long now = 0; now < 100_000_000_000L; now += 10_000_000) {
            assertThat(throttle.passed(9_000, now)).isZero();
        }
    }
}
