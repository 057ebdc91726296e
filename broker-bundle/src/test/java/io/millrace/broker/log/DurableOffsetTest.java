package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.junit.jupiter.api.Test;

class DurableOffsetTest {

    private final DurableOffset durable = new DurableOffset();
    private final List<String> told = new ArrayList<>();
    private boolean offline;

    private void check() {
        if (offline) {
            throw new KafkaStorageException("offline");
        }
    }

    private boolean listen(long offset, String name) {
        return durable.whenReached(offset, this::check, () -> told.add(name));
    }

    @Test
    void whoeverListensIsToldOnceWhenItsOffsetIsReachedAndNotBefore() {
        assertThat(listen(5, "five")).isTrue();
        assertThat(listen(9, "nine")).isTrue();
        durable.set(4);
        durable.signal();
        assertThat(told).isEmpty();
        durable.set(7);
        durable.signal();
        assertThat(told).containsExactly("five");
        durable.set(9);
        durable.signal();
        durable.signal();
        assertThat(told).containsExactly("five", "nine");
    }

    @Test
    void whatIsDurableAlreadyIsNotListenedFor() {
        durable.set(5);
        assertThat(listen(5, "five")).isFalse();
        durable.signal();
        assertThat(told).isEmpty();
    }

    @Test
    void aFailedLogTellsEveryone() {
        listen(5, "five");
        listen(9, "nine");
        offline = true;
        durable.signal();
        assertThat(told).containsExactly("five", "nine");
        assertThat(listen(5, "too late")).isFalse();
    }

    @Test
    void oneThatFailsWhenItIsToldLeavesTheOthersToTheirTurn() {
        durable.whenReached(1, this::check, () -> {
            throw new IllegalStateException("no thread can be made");
        });
        listen(1, "one");
        durable.set(1);
        durable.signal();
        assertThat(told).containsExactly("one");
    }
}
