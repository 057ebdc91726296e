package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stock Java client against the forked broker. */
class JavaClientIT {

    private static final int RECORDS = 10_000;
    private static final int KEYS = 97;
    private static final int PARTITIONS = 6;

    @TempDir
    private static Path folder;
    private static Millrace millrace;

    @BeforeAll
    static void start() {
        millrace = Millrace.start(folder.resolve("data"));
    }

    @AfterAll
    static void stop() {
        millrace.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void keyedRecordsWithHeadersComeBackOnceAndInOrderPerKey(String codec) throws Exception {
        String topic = "java-" + codec;
        createTopic(topic);
        try (KafkaProducer<String, String> producer = producer(Map.of("compression.type", codec, "acks", "all"))) {
            send(producer, topic, 0, RECORDS);
            producer.flush();
        }
        assertOnceAndInOrder(readGroup(topic, "group-" + codec, RECORDS, "read_uncommitted"), RECORDS);
    }

    @Test
    void onlyCommittedTransactionsAreRead() throws Exception {
        String topic = "java-transactions";
        createTopic(topic);
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "java-transactions"))) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, topic, 0, 1_000);
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, topic, 5_000, 6_000);
            producer.flush();
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, topic, 1_000, 2_000);
            producer.commitTransaction();
        }
        assertOnceAndInOrder(readGroup(topic, "transactions", 2_000, "read_committed"), 2_000);
    }

    @Test
    void offsetsCommitWithTheTransactionThatMadeTheOutput() throws Exception {
        createTopic("java-in");
        createTopic("java-out");
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            send(producer, "java-in", 0, 2_000);
        }
        int moved = 0;
        for (int round = 0; moved < 2_000 && round < 50; round++) {
            boolean abort = round % 3 == 2;
            try (KafkaConsumer<String, String> consumer = consumer("mover", "read_committed");
                    KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "mover"))) {
                producer.initTransactions();
                consumer.subscribe(List.of("java-in"));
                List<ConsumerRecord<String, String>> batch = new ArrayList<>();
                long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
                while (batch.isEmpty() && System.nanoTime() < end) {
                    consumer.poll(Duration.ofMillis(200)).forEach(batch::add);
                }
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : batch) {
                    producer.send(new ProducerRecord<>("java-out", record.partition(), record.key(), record.value(), record.headers()));
                    offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                if (abort) {
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                    moved += batch.size();
                }
            }
        }
        assertOnceAndInOrder(readGroup("java-out", "moved", 2_000, "read_committed"), 2_000);
    }

    @Test
    void acknowledgedRecordsSurviveKillNine() throws Exception {
        Path data = folder.resolve("killed");
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        Millrace first = Millrace.start(data);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings(first, Map.of("acks", "all", "max.block.ms", "1000",
                "delivery.timeout.ms", "2000", "request.timeout.ms", "1000", "linger.ms", "0")))) {
            for (int i = 0; i < 5_000; i++) {
                sent.add(producer.send(new ProducerRecord<>("survivors", "k" + i % KEYS, Integer.toString(i))));
            }
            sent.get(100).get();
            first.kill();
        }
        long acknowledged = sent.stream().filter(future -> future.state() == Future.State.SUCCESS).count();
        try (Millrace second = Millrace.start(data); KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings(second, Map.of()))) {
            TopicPartition partition = new TopicPartition("survivors", 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            assertThat(end).isGreaterThanOrEqualTo(acknowledged);
            List<String> values = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
            }
            for (int i = 0; i < acknowledged; i++) {
                assertThat(values.get(i)).isEqualTo(Integer.toString(i));
            }
        }
    }

    private static void createTopic(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", millrace.bootstrap()))) {
            admin.createTopics(Set.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        }
    }

    private static void send(KafkaProducer<String, String> producer, String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            ProducerRecord<String, String> record = new ProducerRecord<>(topic, "k" + i % KEYS, Integer.toString(i));
            record.headers().add("n", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
            producer.send(record);
        }
    }

    private static List<ConsumerRecord<String, String>> readGroup(String topic, String group, int count, String isolation) {
        List<ConsumerRecord<String, String>> read = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(group, isolation)) {
            consumer.subscribe(List.of(topic));
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (read.size() < count && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(read::add);
            }
            consumer.poll(Duration.ofMillis(200)).forEach(read::add);
            consumer.commitSync();
            Set<TopicPartition> assigned = consumer.assignment();
            long committed = consumer.committed(assigned).values().stream().mapToLong(offset -> offset == null ? 0 : offset.offset()).sum();
            assertThat(committed).isGreaterThanOrEqualTo(count);
        }
        return read;
    }

    private static void assertOnceAndInOrder(List<ConsumerRecord<String, String>> records, int count) {
        assertThat(records).hasSize(count);
        Map<String, Integer> last = new HashMap<>();
        for (ConsumerRecord<String, String> record : records) {
            int value = Integer.parseInt(record.value());
            assertThat(record.key()).isEqualTo("k" + value % KEYS);
            assertThat(new String(record.headers().lastHeader("n").value(), StandardCharsets.UTF_8)).isEqualTo(record.value());
            Integer before = last.put(record.key(), value);
            assertThat(before == null || before < value).as("order of key %s: %s before %d", record.key(), before, value).isTrue();
        }
        assertThat(records.stream().map(ConsumerRecord::value).distinct().count()).isEqualTo(count);
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        return new KafkaProducer<>(settings(millrace, more));
    }

    private static KafkaConsumer<String, String> consumer(String group, String isolation) {
        return new KafkaConsumer<>(settings(millrace, Map.of("group.id", group, "isolation.level", isolation, "enable.auto.commit", "false")));
    }

    private static Map<String, Object> settings(Millrace broker, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", broker.bootstrap(), "auto.offset.reset", "earliest",
                "key.serializer", StringSerializer.class, "value.serializer", StringSerializer.class,
                "key.deserializer", StringDeserializer.class, "value.deserializer", StringDeserializer.class));
        settings.putAll(more);
        return settings;
    }
}
