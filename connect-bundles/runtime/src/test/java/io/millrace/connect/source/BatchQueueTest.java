package io.millrace.connect.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connect.source.OutgoingBatch.End;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchQueueTest {

    private static OutgoingBatch batch(long bytes) {
        return new OutgoingBatch(List.of(), bytes, End.COMMIT);
    }

    @Test
    void whoPutsWaitsWhileTheBytesAreTooMany() throws Exception {
        BatchQueue queue = new BatchQueue(100);
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
        BatchQueue queue = new BatchQueue(100);
        queue.put(batch(1_000));
        assertThat(queue.takeAll(0)).hasSize(1);
    }

    @Test
    void anEndedQueueGivesWhatIsLeftAndThenNothing() throws Exception {
        BatchQueue queue = new BatchQueue(100);
        queue.put(batch(1));
        queue.end();
        assertThat(queue.takeAll(0)).hasSize(1);
        assertThat(queue.takeAll(1_000)).isNull();
    }
}
