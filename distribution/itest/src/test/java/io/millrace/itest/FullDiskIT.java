package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole platform on a disk on which there is not a byte left. */
@Timeout(180)
class FullDiskIT {

    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    private Path folder;

    @Test
    void thePlatformStartsServesWhatItHasAndTakesRecordsAgainWhenThereIsSpace() throws Exception {
        try (LoopDisk disk = LoopDisk.create(folder, "a full disk")) {
            Path data = disk.path().resolve("data");
            int written = 0;
            try (Millrace millrace = Millrace.start(data); KafkaProducer<String, String> producer = producer(millrace)) {
                for (; written < 100; written++) {
                    producer.send(new ProducerRecord<>(ORDERS.topic(), 0, null, "value " + written)).get();
                }
                producer.send(new ProducerRecord<>("noise", 0, null, "x")).get();
                millrace.terminate(Duration.ofSeconds(30));
            }
            Path others = disk.path().resolve("others");
            for (int start = 0; start < 3; start++) {
                fill(others);
                try (Millrace millrace = Millrace.startOn(Millrace.freePort(), data, folder)) {
                    assertThat(read(millrace, written)).hasSize(written).startsWith("value 0").endsWith("value " + (written - 1));
                    // What an earlier start had left in the folder is free now.
                    fill(others);
                    try (KafkaProducer<String, String> producer = producer(millrace)) {
                        assertThatThrownBy(() -> sendMuch(producer)).isInstanceOf(ExecutionException.class).cause().hasMessageContaining("disk");
                        assertThat(status(data).exitCode()).isEqualTo(3);
                        assertThat(status(data).output()).contains("state: DEGRADED").contains("log folder").contains(data.toString()).contains("is full").contains("(disk.reserve.bytes)");
                        Files.delete(others);
                        written = read(millrace, written).size();
                        sendUntilTaken(producer, written++);
                        assertThat(status(data).exitCode()).as(status(data).output()).isZero();
                    }
                    if (start < 2) {
                        millrace.terminate(Duration.ofSeconds(30));
                    }
                }
            }
        }
    }

    private static Result status(Path data) throws Exception {
        return Millrace.command(Duration.ofSeconds(30), "status", "--data", data.toString());
    }

    private static KafkaProducer<String, String> producer(Millrace millrace) {
        return new KafkaProducer<>(ClientSettings.of(millrace.bootstrap(), Map.of("retries", "0", "enable.idempotence", "false", "linger.ms", "0")),
                new StringSerializer(), new StringSerializer());
    }

    /** More than the node keeps free for itself. */
    private static void sendMuch(KafkaProducer<String, String> producer) throws Exception {
        for (int i = 0; i < 100; i++) {
            producer.send(new ProducerRecord<>("noise", 0, null, "x".repeat(500_000))).get();
        }
    }

    private static void sendUntilTaken(KafkaProducer<String, String> producer, int number) throws Exception {
        while (true) {
            try {
                producer.send(new ProducerRecord<>(ORDERS.topic(), 0, null, "value " + number)).get();
                return;
            } catch (ExecutionException stillFull) {
                assertThat(stillFull).cause().hasMessageContaining("disk");
                Pause.aMoment();
            }
        }
    }

    private static List<String> read(Millrace millrace, int count) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(millrace.bootstrap()), new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(ORDERS));
            consumer.seekToBeginning(List.of(ORDERS));
            List<String> values = new ArrayList<>();
            while (values.size() < count) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    /** To the last byte. */
    private static void fill(Path file) throws IOException {
        for (int block : new int[] {1 << 20, 4096, 512, 1}) {
            try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                byte[] bytes = new byte[block];
                while (true) {
                    out.write(bytes);
                }
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("No space");
            }
        }
    }
}
