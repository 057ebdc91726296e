package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.api.health.HealthCheck.Finding;
import io.millrace.api.health.HealthCheck.State;
import io.millrace.api.log.LogReader;
import io.millrace.api.log.LogReader.Isolation;
import io.millrace.api.log.LogSlice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What stock clients and the coordinators find in logs that were cleaned. */
@Timeout(60)
class CompactedTopicsTest {

    private static final TopicPartition TABLE = new TopicPartition("table", 0);
    private static final Map<String, String> OFTEN_CLEANED = Map.of("cleanup.policy", "compact", "internal.segment.bytes", "3000",
            "min.cleanable.dirty.ratio", "0", "delete.retention.ms", "0");

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;

    @BeforeEach
    void start() {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "offsets.topic.num.partitions", "1",
                "transaction.state.log.num.partitions", "1", "log.cleaner.backoff.ms", "86400000")));
        clients = new TestClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void restart() {
        broker.close();
        start();
    }

    private void clean() throws InterruptedException {
        broker.cleaner().orElseThrow().cleanNow();
        assertThat(broker.cleaner().orElseThrow().status().uncleanable()).isEmpty();
    }

    @Test
    void everyOffsetOfACleanedTopicIsAPlaceToReadFrom() throws Exception {
        // The log is the same for the same seed, whatever the threads do: each record waits for the one before.
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        clients.createTopic("table", 1, OFTEN_CLEANED);
        Map<String, String> expected = new TreeMap<>();
        try (KafkaProducer<String, String> plain = clients.producer("linger.ms", "0");
                KafkaProducer<String, String> transactional = clients.producer("transactional.id", "writer", "linger.ms", "0")) {
            transactional.initTransactions();
            for (int round = 0; round < 60; round++) {
                for (int i = random.nextInt(5); i >= 0; i--) {
                    String key = "plain-" + random.nextInt(10);
                    put(expected, key, send(plain, key, random, round));
                }
                Map<String, String> changes = new HashMap<>();
                transactional.beginTransaction();
                for (int i = random.nextInt(5); i >= 0; i--) {
                    String key = "key-" + random.nextInt(10);
                    changes.put(key, send(transactional, key, random, round));
                }
                if (random.nextInt(3) == 0) {
                    transactional.abortTransaction();
                } else {
                    transactional.commitTransaction();
                    changes.forEach((key, value) -> put(expected, key, value));
                }
                if (round % 15 == 14) {
                    clean();
                }
            }
        }
        clean();
        List<ConsumerRecord<String, String>> committed = readToEnd("read_committed");
        assertThat(tableOf(committed)).as("again with -Dseed=%d; read %s", seed, committed).isEqualTo(expected);
        assertThat(readToEnd("read_uncommitted")).as("seed %d", seed).extracting(ConsumerRecord::offset)
                .containsAll(committed.stream().map(ConsumerRecord::offset).toList());
        long end = committed.getLast().offset() + 1;
        assertThat(committed).hasSizeLessThan((int) end / 2);
        everyOffsetLeadsToTheNextRecord(committed, seed);
        timesLeadToRecords(committed, seed);
        restart();
        committed = readToEnd("read_committed");
        assertThat(tableOf(committed)).as("again with -Dseed=%d; read after a restart %s", seed, committed).isEqualTo(expected);
    }

    private static void put(Map<String, String> table, String key, String value) {
        if (value == null) {
            table.remove(key);
        } else {
            table.put(key, value);
        }
    }

    private static String send(KafkaProducer<String, String> producer, String key, Random random, int round) throws Exception {
        String value = random.nextInt(6) == 0 ? null : round + "-" + "x".repeat(random.nextInt(200));
        producer.send(new ProducerRecord<>("table", 0, 1_000_000L + round, key, value));
        producer.flush();
        return value;
    }

    private List<ConsumerRecord<String, String>> readToEnd(String isolation) {
        try (KafkaConsumer<String, String> consumer = clients.consumer("isolation.level", isolation, "fetch.max.wait.ms", "20")) {
            consumer.assign(List.of(TABLE));
            consumer.seekToBeginning(List.of(TABLE));
            long end = consumer.endOffsets(List.of(TABLE)).get(TABLE);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            while (consumer.position(TABLE) < end) {
                consumer.poll(java.time.Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    private static Map<String, String> tableOf(List<ConsumerRecord<String, String>> records) {
        Map<String, String> table = new TreeMap<>();
        records.forEach(record -> put(table, record.key(), record.value()));
        return table;
    }

    private void everyOffsetLeadsToTheNextRecord(List<ConsumerRecord<String, String>> records, long seed) {
        LogReader reader = broker.localLogs().reader(TABLE.topic(), 0).orElseThrow();
        try (KafkaConsumer<String, String> consumer = clients.consumer("isolation.level", "read_committed", "fetch.max.wait.ms", "20")) {
            consumer.assign(List.of(TABLE));
            int next = 0;
            for (long offset = 0; offset <= records.getLast().offset(); offset++) {
                next = records.get(next).offset() < offset ? next + 1 : next;
                LogSlice slice = reader.read(offset, 1, Isolation.READ_COMMITTED);
                assertThat(slice.nextOffset()).as("seed %d, in process from %d", seed, offset).isGreaterThan(offset);
                if (offset % 29 == 0) {
                    consumer.seek(TABLE, offset);
                    List<ConsumerRecord<String, String>> read = new ArrayList<>();
                    while (read.isEmpty()) {
                        consumer.poll(java.time.Duration.ofMillis(100)).forEach(read::add);
                    }
                    assertThat(read.getFirst().offset()).as("seed %d, from %d", seed, offset).isEqualTo(records.get(next).offset());
                }
            }
        }
    }

    private void timesLeadToRecords(List<ConsumerRecord<String, String>> committed, long seed) throws Exception {
        try (Admin admin = clients.admin()) {
            for (int round = 0; round < 60; round += 7) {
                long time = 1_000_000L + round;
                long found = admin.listOffsets(Map.of(TABLE, OffsetSpec.forTimestamp(time))).partitionResult(TABLE).get().offset();
                // Markers have times, too, which are later, and what was aborted may be there still.
                long first = committed.stream().filter(record -> record.timestamp() >= time).findFirst().orElseThrow().offset();
                assertThat(found).as("seed %d, time %d", seed, time).isBetween(0L, first);
            }
            long greatest = admin.listOffsets(Map.of(TABLE, OffsetSpec.maxTimestamp())).partitionResult(TABLE).get().offset();
            assertThat(greatest).isNotNegative();
            assertThat(admin.listOffsets(Map.of(TABLE, OffsetSpec.earliest())).partitionResult(TABLE).get().offset()).isZero();
        }
    }

    @Test
    void coordinatorsLoadFromCleanedLogs() throws Exception {
        clients.createTopic("orders", 4, Map.of());
        Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new HashMap<>();
        try (Admin admin = clients.admin(); KafkaConsumer<String, String> first = clients.consumer("group.id", "first")) {
            first.assign(List.of(new TopicPartition("orders", 0)));
            commit(first, "first", 1, committed);
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id", "writer-0")) {
                producer.initTransactions();
            }
            makeSmall(admin, "__consumer_offsets");
            makeSmall(admin, "__transaction_state");
            for (int round = 0; round < 3; round++) {
                writeOffsets(round, committed);
                admin.deleteConsumerGroups(List.of("left-" + round)).all().get();
                clean();
            }
            long size = Files.list(data.resolve("logs/__consumer_offsets-0")).filter(file -> file.toString().endsWith(".log"))
                    .mapToLong(file -> file.toFile().length()).sum();
            assertThat(size).as("bytes of some 2,000 commits").isLessThan(40_000);
        }
        assertThat(offsets()).isEqualTo(committed);
        restart();
        assertThat(offsets()).isEqualTo(committed);
        try (Admin admin = clients.admin()) {
            assertThat(admin.listTransactions().all().get()).extracting(TransactionListing::transactionalId).contains("writer-0", "writer-1");
        }
        try (KafkaProducer<String, String> producer = clients.producer("transactional.id", "writer-1")) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("orders", 0, "key", "later")).get();
            Map<TopicPartition, OffsetAndMetadata> later = Map.of(new TopicPartition("orders", 0), new OffsetAndMetadata(77_777));
            producer.sendOffsetsToTransaction(later, new ConsumerGroupMetadata("transactional"));
            producer.commitTransaction();
            committed.get("transactional").putAll(later);
        }
        assertThat(offsets()).isEqualTo(committed);
        assertThat(broker.cleaner().orElseThrow().status().uncleanable()).isEmpty();
    }

    private void writeOffsets(int round, Map<String, Map<TopicPartition, OffsetAndMetadata>> committed) {
        String left = "left-" + round;
        try (KafkaConsumer<String, String> kept = clients.consumer("group.id", "kept"); KafkaConsumer<String, String> leaving = clients.consumer("group.id", left);
                KafkaProducer<String, String> producer = clients.producer("transactional.id", "writer-1")) {
            producer.initTransactions();
            for (int i = 0; i < 200; i++) {
                long offset = round * 1_000 + i;
                commit(kept, "kept", offset, committed);
                leaving.commitSync(Map.of(new TopicPartition("orders", 1), new OffsetAndMetadata(offset)));
                if (i % 10 == 0) {
                    producer.beginTransaction();
                    Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(new TopicPartition("orders", i / 10 % 4), new OffsetAndMetadata(offset));
                    producer.sendOffsetsToTransaction(offsets, new ConsumerGroupMetadata("transactional"));
                    if (i % 30 == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                        committed.computeIfAbsent("transactional", _ -> new HashMap<>()).putAll(offsets);
                    }
                }
            }
        }
    }

    private static void commit(KafkaConsumer<String, String> consumer, String group, long offset,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> committed) {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(new TopicPartition("orders", (int) (offset % 4)), new OffsetAndMetadata(offset, "note"));
        consumer.commitSync(offsets);
        committed.computeIfAbsent(group, _ -> new HashMap<>()).putAll(offsets);
    }

    private static void makeSmall(Admin admin, String topic) throws Exception {
        List<AlterConfigOp> changes = OFTEN_CLEANED.entrySet().stream()
                .map(entry -> new AlterConfigOp(new ConfigEntry(entry.getKey(), entry.getValue()), AlterConfigOp.OpType.SET)).toList();
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes)).all().get();
    }

    private Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets() throws Exception {
        try (Admin admin = clients.admin()) {
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();
            for (var group : admin.listGroups().all().get()) {
                // Epochs are none of what was committed here.
                Map<TopicPartition, OffsetAndMetadata> plain = new HashMap<>();
                admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata().get()
                        .forEach((partition, offset) -> plain.put(partition, new OffsetAndMetadata(offset.offset(), offset.metadata())));
                offsets.put(group.groupId(), plain);
            }
            return offsets;
        }
    }

    @Test
    void aLogThatCannotBeCleanedIsFoundInTheStatusAndTheMeters() throws Exception {
        clients.createTopic("table", 1, OFTEN_CLEANED);
        try (KafkaProducer<String, String> producer = clients.producer("linger.ms", "0")) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>("table", 0, "key", "x".repeat(100)));
                producer.flush();
            }
        }
        CleanerHealth health = new CleanerHealth(broker.cleaner().orElseThrow());
        assertThat(health.findings()).isEmpty();
        Path segment = data.resolve("logs/table-0/00000000000000000000.log");
        byte[] content = Files.readAllBytes(segment);
        byte[] damaged = content.clone();
        damaged[content.length - 3] ^= 4;
        Files.write(segment, damaged);
        broker.cleaner().orElseThrow().cleanNow();
        assertThat(health.findings()).singleElement().satisfies(finding -> {
            assertThat(finding).extracting(Finding::kind, Finding::name, Finding::state).containsExactly("partition", "table-0", State.DEGRADED);
            assertThat(finding.detail()).contains(segment.toString()).contains("tried 1 time,");
        });
        assertThat(Measured.of(broker, "kafka_log_logcleanermanager_uncleanable_partitions_count")).isEqualTo(1);
        assertThat(Measured.of(broker, "kafka_log_logcleaner_deadthreadcount")).isZero();
    }
}
