package io.millrace.broker.log.clean;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.clean.CleanerState.Job;
import io.millrace.broker.log.clean.CleanerStatus.Uncleanable;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

class CleanerStateTest {

    private static final long NOW = 1_000_000;

    private static CompactionPolicy policy(double minRatio, long maxLag) {
        return new CompactionPolicy(true, minRatio, 0, maxLag, 0, 1 << 20, 10 << 20, 4096, 1 << 20);
    }

    private static MemoryLog log(String topic, CompactionPolicy policy, int segments) {
        MemoryLog log = new MemoryLog(topic, policy);
        for (int i = 0; i < segments; i++) {
            log.append(Compression.NONE, new SimpleRecord(NOW, "key".getBytes(), new byte[100]));
            log.roll();
        }
        return log;
    }

    @Test
    void theLogWithTheGreatestShareOfDirtyBytesComesFirst() {
        MemoryLog little = log("little", policy(0.1, Long.MAX_VALUE), 10);
        MemoryLog much = log("much", policy(0.1, Long.MAX_VALUE), 10);
        MemoryLog clean = log("clean", policy(0.5, Long.MAX_VALUE), 10);
        CleanerState state = new CleanerState(Map.of(little, 7L, much, 3L, clean, 8L), 1_000);
        List<MemoryLog> all = List.of(little, much, clean);
        assertThat(state.choose(all, NOW)).map(Job::log).contains(much);
        assertThat(state.dirtiest()).isBetween(0.6, 0.8);
        assertThat(state.choose(all, NOW)).map(Job::log).contains(little);
        assertThat(state.choose(all, NOW)).as("a log that is not dirty enough, while the others are under way").isEmpty();
    }

    @Test
    void aLogIsCleanedHoweverCleanOnceItsLagIsOver() {
        MemoryLog log = log("slow", policy(0.9, 5_000), 10);
        CleanerState state = new CleanerState(Map.of(log, 9L), 1_000);
        assertThat(state.choose(List.of(log), NOW + 5_000)).isEmpty();
        assertThat(state.choose(List.of(log), NOW + 5_001)).map(Job::log).contains(log);
        assertThat(state.mostOverdueMs()).isEqualTo(1);
    }

    @Test
    void aLogThatFailedRestsLongerEachTimeAndIsForgottenWhenItWorksOrGoes() {
        MemoryLog log = log("bad", policy(0, Long.MAX_VALUE), 5);
        CleanerState state = new CleanerState(Map.of(), 1_000);
        long now = NOW;
        for (int failure = 1; failure < 12; failure++) {
            Job job = state.choose(List.of(log), now).orElseThrow();
            Uncleanable uncleanable = state.failed(job.log(), "broken", now);
            long rest = 1_000L << Math.min(failure - 1, 6);
            assertThat(uncleanable.failures()).isEqualTo(failure);
            assertThat(uncleanable.retryAt()).isEqualTo(now + rest);
            assertThat(state.choose(List.of(log), now + rest - 1)).isEmpty();
            assertThat(state.uncleanableBytes()).isPositive();
            now += rest;
        }
        state.done(state.choose(List.of(log), now).orElseThrow().log(), 3);
        assertThat(state.uncleanable()).isEmpty();
        state.failed(log, "broken", now);
        state.choose(List.of(), now);
        assertThat(state.uncleanable()).isEmpty();
    }

    @Test
    void aLogThatCannotBeLookedAtIsReportedAndLeavesTheOthersToBeCleaned() {
        MemoryLog gone = log("gone", policy(0, Long.MAX_VALUE), 5);
        gone.makeUnreadable(new KafkaStorageException("somebody removed a file"));
        MemoryLog log = log("table", policy(0, Long.MAX_VALUE), 5);
        CleanerState state = new CleanerState(Map.of(), 1_000);
        assertThat(state.choose(List.of(gone, log), NOW)).map(Job::log).contains(log);
        assertThat(state.takeUnreadable()).isEqualTo(state.uncleanable()).singleElement()
                .isEqualTo(new Uncleanable(gone.partition(), "somebody removed a file", 1, NOW + 1_000));
        assertThat(state.choose(List.of(gone, log), NOW + 999)).isEmpty();
        assertThat(state.takeUnreadable()).as("it is left alone for a while").isEmpty();
        assertThat(state.choose(List.of(gone, log), NOW + 1_000)).isEmpty();
        assertThat(state.takeUnreadable()).singleElement().extracting(Uncleanable::failures).isEqualTo(2);
        gone.makeUnreadable(null);
        assertThat(state.choose(List.of(gone, log), NOW + 3_000)).map(Job::log).contains(gone);
        state.done(gone, 5);
        assertThat(state.uncleanable()).isEmpty();
    }

    @Test
    void aStartThatIsNoneOfTheLogIsCorrected() {
        MemoryLog log = log("truncated", policy(0, Long.MAX_VALUE), 5);
        CleanerState state = new CleanerState(Map.of(log, 77L), 1_000);
        assertThat(state.choose(List.of(log), NOW)).map(job -> job.range().firstDirty()).contains(0L);
        log.startAt(3);
        state = new CleanerState(Map.of(log, 1L), 1_000);
        assertThat(state.choose(List.of(log), NOW)).map(job -> job.range().firstDirty()).contains(3L);
        assertThat(state.takeChanges()).contains(Map.of(log, 3L));
    }
}
