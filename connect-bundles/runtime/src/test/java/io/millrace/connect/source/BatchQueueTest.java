package io.millrace.connect.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connect.source.OutgoingBatch.End;
import io.millrace.connect.task.ByteBudget;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchQueueTest {

    private final ByteBudget shared = new ByteBudget(150);

    private static OutgoingBatch batch(long bytes) {
        return new OutgoingBatch(List.of(), bytes, End.COMMIT);
    }

    @Test
    void whoPutsWaitsWhileTheBytesAreTooMany() throws Exception {
        BatchQueue queue = new BatchQueue(100, shared);
        queue.put(batch(60));
        Thread second = Thread.ofVirtual().start(() -> {
            try {
                queue.put(batch(60));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(second.join(Duration.ofMillis(50))).isFalse();
        assertThat(queue.takeAll(1_000)).hasSize(1);
        assertThat(second.join(Duration.ofSeconds(5))).isTrue();
        assertThat(queue.takeAll(1_000)).hasSize(1);
    }

    @Test
    void aBatchLargerThanTheBoundFitsWhenItIsAlone() throws Exception {
        BatchQueue queue = new BatchQueue(100, shared);
        queue.put(batch(1_000));
        assertThat(queue.takeAll(0)).hasSize(1);
    }

    @Test
    void anEndedQueueGivesWhatIsLeftAndThenNothing() throws Exception {
        BatchQueue queue = new BatchQueue(100, shared);
        queue.put(batch(1));
        queue.end();
        assertThat(queue.takeAll(0)).hasSize(1);
        assertThat(queue.takeAll(1_000)).isNull();
    }

    @Test
    void queuesTogetherHoldNoMoreThanTheyShareButEachHasOneBatch() throws Exception {
        BatchQueue one = new BatchQueue(100, shared);
        BatchQueue other = new BatchQueue(100, shared);
        BatchQueue third = new BatchQueue(100, shared);
        one.put(batch(50));
        one.put(batch(50));
        other.put(batch(40));
        third.put(batch(30));
        assertThat(shared.free()).as("the third's only batch is over it").isEqualTo(-20);
        Thread waits = Thread.ofVirtual().start(() -> {
            try {
                other.put(batch(40));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(waits.join(Duration.ofMillis(50))).isFalse();
        assertThat(other.takeAll(0)).hasSize(1);
        assertThat(waits.join(Duration.ofSeconds(5))).as("its own queue is empty").isTrue();
        assertThat(shared.free()).as("what is being written counts").isEqualTo(-60);
        one.takeAll(0);
        one.takeAll(0);
        assertThat(shared.free()).isEqualTo(40);
        other.close();
        third.close();
        one.close();
        assertThat(shared.free()).isEqualTo(150);
    }
}
