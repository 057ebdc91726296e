package io.millrace.connect.herder;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestartsTest {

    @Test
    void pausesDoubleUpToAMinuteUntilTheBudgetIsSpent() {
        Restarts restarts = new Restarts(new Restarts.Policy(4, 20_000));
        assertThat(new long[] {restarts.failed(0), restarts.failed(0), restarts.failed(0), restarts.failed(0), restarts.failed(0)})
                .containsExactly(20_000, 40_000, 60_000, 60_000, Restarts.GIVE_UP);
    }

    @Test
    void aMinuteOfGoodRunningRenewsTheBudget() {
        Restarts restarts = new Restarts(new Restarts.Policy(1, 500));
        assertThat(restarts.failed(0)).isEqualTo(500);
        assertThat(restarts.failed(60_000)).isEqualTo(500);
        assertThat(restarts.failed(59_999)).isEqualTo(Restarts.GIVE_UP);
    }

    @Test
    void zeroAttemptsNeverRestartAndNegativeOnesAlwaysDo() {
        assertThat(new Restarts(new Restarts.Policy(0, 500)).failed(0)).isEqualTo(Restarts.GIVE_UP);
        Restarts forever = new Restarts(new Restarts.Policy(-1, 500));
        for (int i = 0; i < 1_000; i++) {
            assertThat(forever.failed(0)).isBetween(500L, 60_000L);
        }
    }
}
