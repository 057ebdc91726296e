package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power fails when records of a transaction are on the disk and the coordinator's record of their partition is not, as it is when both are on their
 * way there at once: the newest record is cut off the coordinator's log.
 */
@Timeout(60)
class LostJoinTest {

    private static final String ID = "lost";

    @TempDir
    private Path folder;
    private CoordinatedBroker broker;

    @BeforeEach
    void start() throws Exception {
        broker = new CoordinatedBroker(folder, 0, Map.of());
        try (Admin admin = Admin.create(broker.client())) {
            admin.createTopics(List.of(new NewTopic("a", 1, (short) 1), new NewTopic("b", 1, (short) 1))).all().get();
        }
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private KafkaProducer<String, String> producer(String... settings) {
        Map<String, Object> all = broker.client(settings);
        all.put("transactional.id", ID);
        KafkaProducer<String, String> producer = new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }

    /** Starts again without the coordinator's newest record, on the same port. */
    private void losePower() throws Exception {
        int port = broker.listener.address().getPort();
        broker.close();
        Path logs = folder.resolve("logs");
        assertThat(Files.deleteIfExists(logs.resolve(".kafka_cleanshutdown"))).as("the mark of a clean stop").isTrue();
        int partition = (ID.hashCode() & Integer.MAX_VALUE) % 4;
        cutLastBatch(logs.resolve("__transaction_state-" + partition).resolve("00000000000000000000.log"));
        broker = new CoordinatedBroker(folder, port, Map.of());
    }

    private static void cutLastBatch(Path segment) throws IOException {
        long last = -1;
        try (FileRecords records = FileRecords.open(segment.toFile(), false)) {
            for (FileChannelRecordBatch batch : records.batches()) {
                last = batch.position();
            }
        }
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.truncate(last);
        }
    }

    private List<String> committed(String topic, int count) {
        TopicPartition partition = new TopicPartition(topic, 0);
        Map<String, Object> settings = broker.client("isolation.level", "read_committed", "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (values.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    @Test
    void theTransactionGoesOnWithThePartitionThatItBeganWith() throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            for (int i = 0; i < 2; i++) {
                // The second one begins behind a completion, which is lost, too, if the disk likes.
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("a", "a" + i)).get();
                losePower();
                producer.send(new ProducerRecord<>("b", "b" + i)).get();
                producer.commitTransaction();
            }
        }
        assertThat(committed("a", 2)).containsExactly("a0", "a1");
        assertThat(committed("b", 2)).containsExactly("b0", "b1");
    }

    @Test
    void theTransactionGoesOnWithAPartitionThatJoinedLater() throws Exception {
        try (KafkaProducer<String, String> producer = producer()) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "a")).get();
            producer.send(new ProducerRecord<>("b", "b")).get();
            losePower();
            producer.commitTransaction();
        }
        assertThat(committed("a", 1)).containsExactly("a");
        assertThat(committed("b", 1)).containsExactly("b");
    }

    @Test
    void positionsOfAGroupAreCommittedWithIt() throws Exception {
        TopicPartition position = new TopicPartition("a", 0);
        try (KafkaProducer<String, String> producer = producer(); Admin admin = Admin.create(broker.client())) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("b", "b")).get();
            producer.sendOffsetsToTransaction(Map.of(position, new OffsetAndMetadata(7)), new ConsumerGroupMetadata("readers", -1, "", Optional.empty()));
            losePower();
            producer.commitTransaction();
            assertThat(admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get().get(position).offset()).isEqualTo(7);
        }
        assertThat(committed("b", 1)).containsExactly("b");
    }

    @Test
    void itIsAbortedWhenItsProducerDoesNotComeBack() throws Exception {
        KafkaProducer<String, String> dead = producer("transaction.timeout.ms", "1500");
        dead.beginTransaction();
        dead.send(new ProducerRecord<>("a", "half")).get();
        // Without a word to the broker.
        dead.close(Duration.ZERO);
        losePower();
        try (KafkaProducer<String, String> other = new KafkaProducer<>(broker.client(), new StringSerializer(), new StringSerializer())) {
            other.send(new ProducerRecord<>("a", "behind it")).get();
        }
        assertThat(committed("a", 1)).containsExactly("behind it");
    }
}
