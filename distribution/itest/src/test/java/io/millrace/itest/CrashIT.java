package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} in a loop under load. Longer: {@code -Dmillrace.crash.kills=200}; the same moments again: {@code -Dmillrace.crash.seed=N}, as
 * printed.
 */
class CrashIT {

    private static final int KILLS = Integer.getInteger("millrace.crash.kills", 5);

    @TempDir
    private Path folder;

    @Test
    @Timeout(3600)
    void whatWasAcknowledgedSurvivesKillNine() throws Exception {
        long seed = Long.getLong("millrace.crash.seed", System.nanoTime());
        System.out.println("millrace.crash.seed=" + seed);
        Random random = new Random(seed);
        int port = Millrace.freePort();
        Path data = folder.resolve("data");
        Millrace broker = Millrace.startOn(port, data);
        try (CrashWorkload workload = new CrashWorkload(broker.bootstrap())) {
            for (int kill = 0; kill < KILLS; kill++) {
                workload.awaitProgress();
                LockSupport.parkNanos(random.nextLong(Duration.ofMillis(700).toNanos()));
                workload.createTopic();
                Map<TopicPartition, Long> confirmed = workload.confirmedOffsets();
                if (kill % 5 == 4) {
                    // A stop in order is a restart, too, and requests are under way then as well.
                    assertThat(broker.terminate(Duration.ofSeconds(20))).isZero();
                } else {
                    broker.kill();
                }
                broker = Millrace.startOn(port, data);
                workload.assertTopicsAndOffsetsAreThere(confirmed);
            }
            workload.awaitProgress();
            System.out.println(KILLS + " crashes: " + workload.stopAndVerify());
        } finally {
            broker.close();
        }
    }
}
