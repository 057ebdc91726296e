package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ClassicGroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StockClientsTest {

    @TempDir
    private Path folder;
    private CoordinatedBroker broker;

    @BeforeEach
    void start() throws Exception {
        broker = new CoordinatedBroker(folder, 0, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        broker.close();
    }

    private KafkaProducer<String, String> producer(String... settings) {
        return new KafkaProducer<>(broker.client(settings), new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(String group, String... settings) {
        Map<String, Object> all = broker.client(settings);
        all.put("group.id", group);
        all.putIfAbsent("auto.offset.reset", "earliest");
        all.put("enable.auto.commit", "false");
        all.put("heartbeat.interval.ms", "200");
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    private void createTopic(String name, int partitions) throws Exception {
        try (Admin admin = Admin.create(broker.client())) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
        }
    }

    private void produce(String topic, int partitions, int count) {
        try (KafkaProducer<String, String> producer = producer()) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, "k" + i, "v" + i));
            }
            producer.flush();
        }
    }

    private static List<String> poll(KafkaConsumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (values.size() < count && System.nanoTime() < deadline) {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                values.add(record.value());
            }
        }
        return values;
    }

    private static List<String> pollFor(KafkaConsumer<String, String> consumer, Duration time) {
        List<String> values = new ArrayList<>();
        long deadline = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
        }
        return values;
    }

    @Test
    void aGroupSharesTheTopicAndGoesOnWhereItStopped() throws Exception {
        createTopic("orders", 4);
        produce("orders", 4, 100);
        try (KafkaConsumer<String, String> one = consumer("readers")) {
            one.subscribe(List.of("orders"));
            assertThat(poll(one, 100)).hasSize(100);
            one.commitSync();
            try (KafkaConsumer<String, String> two = consumer("readers")) {
                two.subscribe(List.of("orders"));
                long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
                while ((one.assignment().size() != 2 || two.assignment().size() != 2) && System.nanoTime() < deadline) {
                    one.poll(Duration.ofMillis(50));
                    two.poll(Duration.ofMillis(50));
                }
                assertThat(one.assignment()).hasSize(2);
                assertThat(two.assignment()).hasSize(2).doesNotContainAnyElementsOf(one.assignment());
            }
        }
        produce("orders", 4, 8);
        stop();
        start();
        try (KafkaConsumer<String, String> again = consumer("readers")) {
            again.subscribe(List.of("orders"));
            assertThat(poll(again, 8)).hasSize(8);
        }
    }

    @Test
    void aStaticMemberComesBackWithoutARebalance() throws Exception {
        createTopic("orders", 2);
        produce("orders", 2, 10);
        try (KafkaConsumer<String, String> one = consumer("static", "group.instance.id", "a")) {
            one.subscribe(List.of("orders"));
            assertThat(poll(one, 10)).hasSize(10);
            one.commitSync();
            int generation = one.groupMetadata().generationId();
            one.close(Duration.ofSeconds(2));
            try (KafkaConsumer<String, String> back = consumer("static", "group.instance.id", "a")) {
                back.subscribe(List.of("orders"));
                produce("orders", 2, 2);
                assertThat(poll(back, 2)).hasSize(2);
                assertThat(back.groupMetadata().generationId()).isEqualTo(generation);
            }
        }
    }

    @Test
    void committedTransactionsAreReadWithTheirOffsetsAndAbortedOnesAreNot() throws Exception {
        createTopic("in", 1);
        createTopic("out", 3);
        produce("in", 1, 20);
        TopicPartition in = new TopicPartition("in", 0);
        try (KafkaProducer<String, String> producer = producer("transactional.id", "copier");
                KafkaConsumer<String, String> reader = consumer("copiers", "isolation.level", "read_committed");
                KafkaConsumer<String, String> committed = consumer("check", "isolation.level", "read_committed")) {
            producer.initTransactions();
            reader.subscribe(List.of("in"));
            assertThat(poll(reader, 20)).hasSize(20);
            committed.assign(List.of(new TopicPartition("out", 0), new TopicPartition("out", 1), new TopicPartition("out", 2)));
            committed.seekToBeginning(committed.assignment());

            producer.beginTransaction();
            for (int i = 0; i < 9; i++) {
                producer.send(new ProducerRecord<>("out", i % 3, "k", "aborted " + i));
            }
            producer.sendOffsetsToTransaction(Map.of(in, new OffsetAndMetadata(9)), reader.groupMetadata());
            producer.flush();
            producer.abortTransaction();

            for (int round = 0; round < 5; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 3; i++) {
                    producer.send(new ProducerRecord<>("out", i % 3, "k", "round " + round));
                }
                producer.sendOffsetsToTransaction(Map.of(in, new OffsetAndMetadata(10 + round)), reader.groupMetadata());
                producer.commitTransaction();
            }
            assertThat(poll(committed, 15)).hasSize(15).noneMatch(value -> value.startsWith("aborted"));
            try (Admin admin = Admin.create(broker.client())) {
                assertThat(admin.listConsumerGroupOffsets("copiers").partitionsToOffsetAndMetadata().get().get(in).offset()).isEqualTo(14);
                assertThat(admin.describeTransactions(List.of("copier")).all().get().get("copier").state().toString()).isEqualTo("CompleteCommit");
                assertThat(admin.listTransactions().all().get()).hasSize(1);
            }
        }
        stop();
        start();
        try (Admin admin = Admin.create(broker.client())) {
            assertThat(admin.listConsumerGroupOffsets("copiers").partitionsToOffsetAndMetadata().get().get(in).offset()).isEqualTo(14);
        }
    }

    @Test
    void aSecondProducerOfTheSameIdFencesTheFirstAndAbortsItsTransaction() throws Exception {
        createTopic("out", 1);
        try (KafkaProducer<String, String> first = producer("transactional.id", "one"); KafkaProducer<String, String> second = producer("transactional.id", "one");
                KafkaConsumer<String, String> reader = consumer("r", "isolation.level", "read_committed")) {
            first.initTransactions();
            first.beginTransaction();
            first.send(new ProducerRecord<>("out", "k", "zombie")).get();
            second.initTransactions();
            second.beginTransaction();
            second.send(new ProducerRecord<>("out", "k", "good")).get();
            second.commitTransaction();
            assertThatThrownBy(first::commitTransaction).isInstanceOfAny(ProducerFencedException.class, InvalidProducerEpochException.class);
            reader.assign(List.of(new TopicPartition("out", 0)));
            assertThat(poll(reader, 1)).containsExactly("good");
            assertThat(pollFor(reader, Duration.ofMillis(300))).isEmpty();
        }
    }

    @Test
    void aTransactionThatTakesTooLongIsAborted() throws Exception {
        createTopic("out", 1);
        try (KafkaProducer<String, String> slow = producer("transactional.id", "slow", "transaction.timeout.ms", "500");
                KafkaProducer<String, String> other = producer();
                KafkaConsumer<String, String> reader = consumer("r", "isolation.level", "read_committed")) {
            slow.initTransactions();
            slow.beginTransaction();
            slow.send(new ProducerRecord<>("out", "k", "slow")).get();
            other.send(new ProducerRecord<>("out", "k", "after")).get();
            reader.assign(List.of(new TopicPartition("out", 0)));
            assertThat(poll(reader, 1)).containsExactly("after");
        }
    }

    @Test
    void groupsAreDescribedListedAndDeleted() throws Exception {
        createTopic("orders", 1);
        produce("orders", 1, 3);
        try (Admin admin = Admin.create(broker.client())) {
            try (KafkaConsumer<String, String> one = consumer("described")) {
                one.subscribe(List.of("orders"));
                poll(one, 3);
                one.commitSync();
                assertThat(admin.describeClassicGroups(List.of("described")).all().get().get("described").state()).isEqualTo(ClassicGroupState.STABLE);
                assertThat(admin.describeConsumerGroups(List.of("described")).all().get().get("described").members()).hasSize(1);
                assertThat(admin.listGroups().all().get()).hasSize(1);
                assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("described")).all().get()).isInstanceOf(ExecutionException.class)
                        .hasCauseInstanceOf(GroupNotEmptyException.class);
            }
            admin.deleteConsumerGroups(List.of("described")).all().get();
            assertThat(admin.listGroups().all().get()).isEmpty();
        }
    }
}
