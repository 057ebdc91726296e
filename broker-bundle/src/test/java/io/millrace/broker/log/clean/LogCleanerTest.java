package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads go on whatever happens to them. */
@Timeout(30)
class LogCleanerTest {

    private final MemoryLog log = new MemoryLog("table", new CompactionPolicy(true, 0, 0, Long.MAX_VALUE, 0, 1 << 20, 10 << 20, 4096, 1 << 20));
    private final AtomicInteger looks = new AtomicInteger();

    private void fill() {
        for (int i = 0; i < 5; i++) {
            log.append(Compression.NONE, new SimpleRecord(1, "key".getBytes(), new byte[100]));
            log.roll();
        }
    }

    private static void fail(int look) {
        switch (look % 3) {
            case 0 -> throw new OutOfMemoryError("for a test");
            case 1 -> throw new StackOverflowError("for a test");
            default -> throw new IllegalStateException("for a test");
        }
    }

    private CleanerHost host(int failures) {
        return new CleanerHost() {
            @Override
            public Collection<? extends CleanableLog> compactedLogs() {
                int look = looks.incrementAndGet();
                if (look <= failures) {
                    fail(look);
                }
                return List.of(log);
            }

            @Override
            public Map<CleanableLog, Long> readCleanedOffsets() {
                return Map.of();
            }

            @Override
            public void writeCleanedOffsets(Map<CleanableLog, Long> offsets) throws IOException {
                throw new IOException("the disk is full, for a test");
            }
        };
    }

    @Test
    void errorsWhileLookingForALogEndNoThread() throws Exception {
        fill();
        CleanerConfig usual = CleanerConfig.standard();
        CleanerConfig eager = new CleanerConfig(2, Duration.ofMillis(1), 2 << 20, usual.loadFactor(), 16 << 10, usual.maxBytesPerSecond(), usual.retry());
        try (LogCleaner cleaner = LogCleaner.start(host(12), eager, Clock.systemUTC())) {
            while (cleaner.status().cleanings() == 0) {
                Thread.onSpinWait();
            }
            assertThat(looks).hasValueGreaterThan(12);
            assertThat(cleaner.status().deadThreads()).isZero();
            assertThat(cleaner.status().uncleanable()).isEmpty();
        }
    }

    @Test
    void aStopEndsACleaningThatRestsForItsBounds() throws Exception {
        fill();
        CleanerConfig usual = CleanerConfig.standard();
        CleanerConfig slow = new CleanerConfig(1, Duration.ofMillis(1), 1 << 20, usual.loadFactor(), 16 << 10, 1, usual.retry());
        LogCleaner cleaner = LogCleaner.start(host(0), slow, Clock.systemUTC());
        while (cleaner.status().bytesRead() == 0) {
            Thread.onSpinWait();
        }
        cleaner.close();
        assertThat(cleaner.status().cleanings()).isZero();
        assertThat(cleaner.status().uncleanable()).isEmpty();
        assertThat(log.batches()).as("what was under way is thrown away").hasSize(5);
    }
}
