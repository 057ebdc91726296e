package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real file system that is really full: a tmpfs of 40 MB. */
@Timeout(120)
class DiskFullTest {

    private static final int DISK = 40 << 20;
    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);

    @TempDir
    private Path folder;
    private Path disk;
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "a full disk is not tested: mounting a small tmpfs needs root");
        disk = Files.createDirectories(folder.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + DISK, "tmpfs", disk.toString());
        assumeTrue(mounted, "a full disk is not tested: a tmpfs cannot be mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            run("umount", "-l", disk.toString());
        }
    }

    private static boolean run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        } catch (IOException notInstalled) {
            return false;
        }
    }

    private BrokerServer start(long reserve) {
        return BrokerServer.start(BrokerConfig.with(disk.resolve("broker"), Map.of("listen", "127.0.0.1:0", "disk.reserve.bytes", Long.toString(reserve),
                "log.segment.bytes", "4194304")));
    }

    /** Takes all the space there is but for so many bytes. */
    private Path fill(long left) throws IOException {
        Path file = disk.resolve("others");
        byte[] block = new byte[4096];
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (disk.toFile().getUsableSpace() > left) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space");
        }
        return file;
    }

    /** Sends until one is refused. @return values that were acknowledged */
    private static List<String> sendUntilRefused(KafkaProducer<String, String> producer, int from) throws InterruptedException {
        List<String> acknowledged = new ArrayList<>();
        Throwable refusal = null;
        for (int i = from; refusal == null; i++) {
            assertThat(i).as("records accepted by a disk of %d bytes", DISK).isLessThan(from + DISK / 1000);
            String value = i + "-" + "x".repeat(20_000);
            Future<RecordMetadata> sent = producer.send(new ProducerRecord<>(PARTITION.topic(), value));
            try {
                sent.get();
                acknowledged.add(value);
            } catch (ExecutionException refused) {
                refusal = refused.getCause();
            }
        }
        // With retries left the client goes on trying until its time is up.
        assertThat(refusal).isInstanceOfAny(KafkaStorageException.class, TimeoutException.class);
        return acknowledged;
    }

    @Test
    void recordsAreRefusedConsumersGoOnAndWhenThereIsSpaceSoDoProducers() throws Exception {
        int before = 0;
        String patience = "patient" + "y".repeat(50_000);
        for (long reserve : new long[] {2 << 20, 0}) {
            try (BrokerServer broker = start(reserve)) {
                TestClients clients = new TestClients(broker);
                if (reserve > 0) {
                    clients.createTopic(PARTITION.topic(), 1, Map.of());
                }
                try (KafkaConsumer<String, String> group = clients.consumer("group.id", "readers")) {
                    group.subscribe(List.of(PARTITION.topic()));
                    group.poll(Duration.ofSeconds(10));
                    Path others = fill(4 << 20);
                    List<String> acknowledged;
                    try (KafkaProducer<String, String> producer = clients.producer("delivery.timeout.ms", "1500", "request.timeout.ms", "1000",
                            "linger.ms", "0", "retry.backoff.ms", "50")) {
                        acknowledged = sendUntilRefused(producer, before);
                    }
                    assertThat(acknowledged).hasSizeGreaterThan(20);
                    assertThat(values(clients, before, acknowledged.size())).isEqualTo(acknowledged);
                    assertThat(broker.health().findings()).singleElement().satisfies(finding -> {
                        assertThat(finding.kind() + " " + finding.state()).isEqualTo("log folder DEGRADED");
                        assertThat(finding.detail()).contains(finding.name(), "full", reserve > 0 ? "disk.reserve.bytes" : "No space left")
                                .contains(disk.toString());
                    });
                    if (reserve > 0) {
                        // What the broker writes for itself still fits.
                        group.commitSync(Map.of(PARTITION, new org.apache.kafka.clients.consumer.OffsetAndMetadata(acknowledged.size())));
                    }

                    try (KafkaProducer<String, String> patient = clients.producer("delivery.timeout.ms", "60000", "linger.ms", "0")) {
                        Future<RecordMetadata> waiting = patient.send(new ProducerRecord<>(PARTITION.topic(), patience));
                        assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS)).isInstanceOf(java.util.concurrent.TimeoutException.class);
                        Files.delete(others);
                        assertThat(waiting.get(20, TimeUnit.SECONDS).offset()).isEqualTo(before + acknowledged.size());
                        assertThat(broker.health().findings()).isEmpty();
                    }
                    assertThat(values(clients, before, acknowledged.size() + 1)).endsWith(patience).startsWith(acknowledged.toArray(String[]::new));
                    before += acknowledged.size() + 1;
                }
            }
        }
    }

    private static List<String> values(TestClients clients, long from, int count) {
        return clients.read(PARTITION, from, count).stream().map(ConsumerRecord::value).toList();
    }

    @Test
    void aBrokerStartsOnAFullDiskServesWhatItHasAndATopicCanBeDeletedThere() throws Exception {
        List<String> acknowledged = new ArrayList<>();
        try (BrokerServer broker = start(0); KafkaProducer<String, String> producer = new TestClients(broker).producer()) {
            new TestClients(broker).createTopic(PARTITION.topic(), 1, Map.of("file.delete.delay.ms", "0"));
            for (int i = 0; i < 200; i++) {
                acknowledged.add("value-" + i);
                producer.send(new ProducerRecord<>(PARTITION.topic(), "value-" + i)).get();
            }
        }
        fill(0);
        for (int start = 0; start < 3; start++) {
            try (BrokerServer broker = start(0)) {
                assertThat(values(new TestClients(broker), 0, acknowledged.size())).isEqualTo(acknowledged);
            }
            fill(0);
        }
        try (BrokerServer broker = start(0); Admin admin = new TestClients(broker).admin()) {
            admin.deleteTopics(List.of(PARTITION.topic())).all().get();
            assertThat(admin.listTopics().names().get()).isEmpty();
        }
        try (BrokerServer broker = start(0); Admin admin = new TestClients(broker).admin()) {
            assertThat(admin.listTopics().names().get()).isEmpty();
        }
    }
}
