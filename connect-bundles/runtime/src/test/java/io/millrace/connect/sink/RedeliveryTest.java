package io.millrace.connect.sink;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RedeliveryTest {

    private static final long MILLI = 1_000_000;

    private final Redelivery redelivery = new Redelivery();

    @Test
    void aTaskThatDoesNotSayWhenIsAskedAfterPausesThatDoubleUpToTenSeconds() {
        long now = Long.MAX_VALUE - 5 * MILLI;
        for (long pause : new long[] {100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000}) {
            redelivery.owe(-1, now);
            assertThat(redelivery.isDue(now + (pause - 1) * MILLI)).as("before %d ms", pause).isFalse();
            assertThat(redelivery.isDue(now + pause * MILLI)).as("after %d ms", pause).isTrue();
            assertThat(redelivery.msUntilDue(now + MILLI)).isEqualTo(pause - 1);
        }
    }

    @Test
    void whatTheTaskWishesCountsAndIsNoFurtherFailure() {
        redelivery.owe(7_000, 0);
        assertThat(redelivery.msUntilDue(0)).isEqualTo(7_000);
        redelivery.owe(-1, 0);
        assertThat(redelivery.msUntilDue(0)).isEqualTo(100);
    }

    @Test
    void whenItIsDoneTheNextFailureIsTheFirst() {
        assertThat(redelivery.isOwed()).isFalse();
        redelivery.owe(-1, 0);
        redelivery.owe(-1, 0);
        assertThat(redelivery.isOwed()).isTrue();
        redelivery.done();
        assertThat(redelivery.isOwed()).isFalse();
        redelivery.owe(-1, 0);
        assertThat(redelivery.msUntilDue(0)).isEqualTo(100);
    }
}
