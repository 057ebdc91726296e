package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk's power is cut under load. Longer: {@code -Dmillrace.crash.power.losses=50}; the same moments again: {@code -Dmillrace.crash.seed=N}.
 */
class PowerLossIT {

    private static final int LOSSES = Integer.getInteger("millrace.crash.power.losses", 3);

    @TempDir
    private Path folder;

    @Test
    @Timeout(3600)
    void whatWasAcknowledgedSurvivesPowerLoss() throws Throwable {
        try (LoopDisk disk = LoopDisk.create(folder, "power loss")) {
            long seed = Long.getLong("millrace.crash.seed", System.nanoTime());
            System.out.println("millrace.crash.seed=" + seed);
            Random random = new Random(seed);
            int port = Millrace.freePort();
            Path data = disk.path().resolve("data");
            Millrace broker = Millrace.startOn(port, data, folder);
            long fromJournal = 0;
            try (CrashWorkload workload = new CrashWorkload(broker.bootstrap())) {
                for (int loss = 0; loss < LOSSES; loss++) {
                    workload.awaitProgress();
                    LockSupport.parkNanos(random.nextLong(Duration.ofMillis(700).toNanos()));
                    workload.createTopic();
                    Map<TopicPartition, Long> confirmed = workload.confirmedOffsets();
                    disk.cutPower();
                    broker.kill();
                    disk.restorePower();
                    broker = Millrace.startOn(port, data, folder);
                    fromJournal += broker.output().lines().filter(line -> line.contains("in the journal only")).count();
                    workload.assertTopicsAndOffsetsAreThere(confirmed);
                }
                workload.awaitProgress();
                System.out.println(LOSSES + " power losses: " + workload.stopAndVerify() + "; logs that took records from the journal: " + fromJournal);
                assertThat(fromJournal).as("logs that took from the journal what they lost").isPositive();
            } finally {
                broker.close();
            }
        }
    }

    /** Shows that cutting the power loses what is not synced: otherwise the test above would prove nothing. */
    @Test
    @Timeout(300)
    void aTopicWithWriteCachingLosesAcknowledgedRecords() throws Throwable {
        try (LoopDisk disk = LoopDisk.create(folder, "power loss")) {
            int port = Millrace.freePort();
            Path data = disk.path().resolve("data");
            Millrace broker = Millrace.startOn(port, data, folder);
            TopicPartition partition = new TopicPartition("cached", 0);
            try (Admin admin = Admin.create(ClientSettings.of(broker.bootstrap()))) {
                admin.createTopics(Set.of(new NewTopic("cached", 1, (short) 1).configs(Map.of("write.caching", "true")))).all().get();
                AtomicLong acknowledged = new AtomicLong();
                try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(broker.bootstrap(), Map.of("acks", "all")),
                        new StringSerializer(), new StringSerializer())) {
                    // Without a break until the power fails: whatever else syncs the disk now and then, the last moment was not.
                    Thread sender = Thread.ofPlatform().start(() -> sendUntilInterrupted(producer, acknowledged));
                    while (acknowledged.get() < 100_000) {
                        Thread.onSpinWait();
                    }
                    disk.cutPower();
                    broker.kill();
                    sender.interrupt();
                    sender.join();
                    producer.close(Duration.ZERO);
                }
                disk.restorePower();
                broker = Millrace.startOn(port, data, folder);
                try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(broker.bootstrap()), new StringDeserializer(),
                        new StringDeserializer())) {
                    assertThat(consumer.endOffsets(Set.of(partition)).get(partition)).isLessThan(acknowledged.get());
                }
            } finally {
                broker.close();
            }
        }
    }

    private static void sendUntilInterrupted(KafkaProducer<String, String> producer, AtomicLong acknowledged) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                producer.send(new ProducerRecord<>("cached", 0, null, "value"), (written, failure) -> {
                    if (failure == null) {
                        acknowledged.incrementAndGet();
                    }
                });
            }
        } catch (InterruptException over) {
            // It waited for room in its buffer.
        }
    }
}
