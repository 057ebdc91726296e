package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When what no acknowledgement waits for goes to disk. */
@Timeout(30)
class FlushRulesTest {

    @TempDir
    Path folder;
    private LogStore store;
    private PartitionLog log;

    @BeforeEach
    void open() {
        Duration never = Duration.ofDays(1);
        store = LogStore.open(folder, new LogStoreConfig(Map.of(), never, never, never), Clock.systemUTC());
        log = store.create(new TopicPartition("orders", 0), Uuid.randomUuid(), LogConfig.defaults(), 0);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private long flushes() {
        return store.flushTimes().times().snapshot().count();
    }

    private void append(String... values) {
        log.append(Batches.of(values), Origin.CLIENT, 0, false);
    }

    @Test
    void theRecordThatIsOneTooManyWaitsForTheDisk() {
        log.reconfigure(LogConfig.of(Map.of("flush.messages", "3")));
        append("a", "b");
        assertThat(flushes()).isZero();
        append("c");
        assertThat(flushes()).isOne();
        append("d", "e");
        assertThat(flushes()).isOne();
        log.reconfigure(LogConfig.of(Map.of("flush.messages", "1")));
        append("f");
        assertThat(flushes()).isEqualTo(2);
    }

    @Test
    void recordsGoToDiskWhenTheirTimeIsOver() {
        log.reconfigure(LogConfig.of(Map.of("flush.ms", "20")));
        append("a");
        append("b");
        awaitFlushes(1);
        append("c");
        awaitFlushes(2);
    }

    @Test
    void withoutARuleNothingIsFlushedBeforeTheNextCheckpoint() {
        append("a");
        append("b");
        assertThat(flushes()).isZero();
    }

    private void awaitFlushes(int count) {
        while (flushes() < count) {
            LockSupport.parkNanos(1_000_000);
        }
    }
}
