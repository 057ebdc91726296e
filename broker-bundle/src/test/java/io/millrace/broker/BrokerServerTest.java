package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.log.LogReader;
import io.millrace.api.log.LogReader.Isolation;
import io.millrace.api.log.LogSlice;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BrokerServerTest {

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;

    @BeforeEach
    void start() {
        broker = BrokerServer.start(config());
        clients = new TestClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private BrokerConfig config() {
        return BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0"));
    }

    private void restart() {
        broker.close();
        start();
    }

    private List<RecordMetadata> produce(KafkaProducer<String, String> producer, String topic, int from, int to) throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ProducerRecord<String, String> record = new ProducerRecord<>(topic, 0, "key " + i, "value " + i);
            record.headers().add("number", String.valueOf(i).getBytes(StandardCharsets.UTF_8));
            sent.add(producer.send(record));
        }
        producer.flush();
        List<RecordMetadata> stored = new ArrayList<>();
        for (Future<RecordMetadata> one : sent) {
            stored.add(one.get());
        }
        return stored;
    }

    /** As one whose files come from another cluster. */
    @Test
    void aLogThatHasSeenMoreLeadersThanItsTopicIsReadAndWrittenTo() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        TopicPartition partition = new TopicPartition("orders", 0);
        broker.close();
        try (LogStore store = LogStore.open(data.resolve("logs"), LogStoreConfig.standard(), Clock.systemUTC())) {
            PartitionLog log = store.log(partition).orElseThrow();
            for (int i = 0; i < 3; i++) {
                log.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(("value " + i).getBytes(StandardCharsets.UTF_8))), Origin.CLIENT, 7 * i, true);
            }
        }
        for (int start = 0; start < 3; start++) {
            start();
            try (KafkaProducer<String, String> producer = clients.producer(); Admin admin = clients.admin();
                    KafkaConsumer<String, String> group = clients.consumer("group.id", "readers", "auto.offset.reset", "earliest")) {
                produce(producer, "orders", 3 + start, 4 + start);
                List<ConsumerRecord<String, String>> all = clients.read(partition, 0, 4 + start);
                assertThat(values(all)).isEqualTo(expected(0, 4 + start));
                assertThat(all.getLast().leaderEpoch()).as("each start is another leader").hasValue(15 + start);
                assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().leaderEpoch()).hasValue(15 + start);
                group.subscribe(List.of("orders"));
                List<ConsumerRecord<String, String>> read = new ArrayList<>();
                while (read.isEmpty() || read.getLast().offset() < 3 + start) {
                    group.poll(Duration.ofMillis(200)).forEach(read::add);
                }
                assertThat(read.getFirst().offset()).as("where the group had been").isEqualTo(start == 0 ? 0 : 3 + start);
                group.commitSync();
            }
            broker.close();
        }
        start();
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::value).toList();
    }

    private static List<String> expected(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "value " + i).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void whatIsProducedWithACodecIsConsumedInOrder(String codec) throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (KafkaProducer<String, String> producer = clients.producer("acks", "all", "enable.idempotence", "false", "compression.type", codec)) {
            produce(producer, "orders", 0, 1000);
        }
        List<ConsumerRecord<String, String>> read = clients.read(new TopicPartition("orders", 0), 0, 1000);
        assertThat(values(read)).isEqualTo(expected(0, 1000));
        assertThat(read.get(7).key()).isEqualTo("key 7");
        assertThat(new String(read.get(7).headers().lastHeader("number").value(), StandardCharsets.UTF_8)).isEqualTo("7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "all"})
    void everyKindOfAcknowledgementStoresTheRecords(String acks) throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (KafkaProducer<String, String> producer = clients.producer("acks", acks, "enable.idempotence", "false")) {
            produce(producer, "orders", 0, 100);
        }
        assertThat(values(clients.read(new TopicPartition("orders", 0), 0, 100))).isEqualTo(expected(0, 100));
    }

    @Test
    void recordsTopicsAndClusterIdSurviveARestart() throws Exception {
        clients.createTopic("orders", 2, Map.of("retention.ms", "1234567"));
        String cluster = broker.clusterId();
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            produce(producer, "orders", 0, 100);
        }
        restart();
        assertThat(broker.clusterId()).isEqualTo(cluster);
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false"); Admin admin = clients.admin()) {
            produce(producer, "orders", 100, 200);
            assertThat(admin.describeTopics(List.of("orders")).allTopicNames().get().get("orders").partitions()).hasSize(2);
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
            assertThat(admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value()).isEqualTo("1234567");
        }
        assertThat(values(clients.read(new TopicPartition("orders", 0), 0, 200))).isEqualTo(expected(0, 200));
    }

    @Test
    void askingForATopicCreatesItWhenAllowed() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false"); Admin admin = clients.admin()) {
            produce(producer, "new", 0, 1);
            assertThat(admin.listTopics().names().get()).contains("new");
        }
    }

    @Test
    void askingForATopicDoesNotCreateItWhenForbidden() throws Exception {
        broker.close();
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "auto.create.topics.enable", "false")));
        clients = new TestClients(broker);
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false", "max.block.ms", "500"); Admin admin = clients.admin()) {
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("new", "value")).get()).hasRootCauseInstanceOf(UnknownTopicOrPartitionException.class);
            assertThat(admin.listTopics().names().get()).doesNotContain("new");
        }
    }

    @Test
    void topicsAreCreatedDescribedGrownAndDeleted() throws Exception {
        try (Admin admin = clients.admin()) {
            var created = admin.createTopics(List.of(new NewTopic("a", 3, (short) 1), new NewTopic("b", Optional.empty(), Optional.empty())));
            created.all().get();
            assertThat(created.numPartitions("a").get()).isEqualTo(3);
            assertThat(created.config("a").get().get("cleanup.policy").value()).isEqualTo("delete");
            TopicDescription a = admin.describeTopics(List.of("a")).allTopicNames().get().get("a");
            assertThat(a.partitions()).hasSize(3).allSatisfy(partition -> assertThat(partition.leader().id()).isEqualTo(broker.nodeId()));
            assertThat(a.topicId()).isEqualTo(created.topicId("a").get());

            admin.createPartitions(Map.of("a", NewPartitions.increaseTo(5))).all().get();
            assertThat(admin.describeTopics(List.of("a")).allTopicNames().get().get("a").partitions()).hasSize(5);
            assertThatThrownBy(() -> admin.createPartitions(Map.of("a", NewPartitions.increaseTo(2))).all().get()).hasCauseInstanceOf(InvalidPartitionsException.class);

            admin.deleteTopics(List.of("a")).all().get();
            assertThat(admin.listTopics().names().get()).containsExactly("b");
            assertThatThrownBy(() -> admin.deleteTopics(List.of("a"), new DeleteTopicsOptions().retryOnQuotaViolation(false)).all().get())
                    .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    @Test
    void aTopicCreatedAnewIsEmpty() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            produce(producer, "orders", 0, 10);
        }
        try (Admin admin = clients.admin()) {
            admin.deleteTopics(List.of("orders")).all().get();
        }
        clients.createTopic("orders", 1, Map.of());
        restart();
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            assertThat(produce(producer, "orders", 90, 91).getFirst().offset()).isZero();
        }
        assertThat(values(clients.read(new TopicPartition("orders", 0), 0, 1))).isEqualTo(expected(90, 91));
    }

    @Test
    void topicsThatCannotBeAreRefusedWithTheirReason() throws Exception {
        clients.createTopic("taken", 1, Map.of());
        clients.createTopic("with.dot", 1, Map.of());
        assertThatThrownBy(() -> clients.createTopic("taken", 1, Map.of())).hasCauseInstanceOf(TopicExistsException.class);
        assertThatThrownBy(() -> clients.createTopic("no/slash", 1, Map.of())).hasCauseInstanceOf(InvalidTopicException.class);
        assertThatThrownBy(() -> clients.createTopic("with_dot", 1, Map.of())).hasCauseInstanceOf(InvalidTopicException.class);
        assertThatThrownBy(() -> clients.createTopic("none", 0, Map.of())).hasCauseInstanceOf(InvalidPartitionsException.class);
        assertThatThrownBy(() -> clients.createTopic("x", 1, Map.of("retention.ms", "soon"))).hasCauseInstanceOf(InvalidConfigurationException.class);
        assertThatThrownBy(() -> clients.createTopic("x", 1, Map.of("no.such.property", "1"))).hasCauseInstanceOf(InvalidConfigurationException.class);
        try (Admin admin = clients.admin()) {
            assertThatThrownBy(() -> admin.createTopics(List.of(new NewTopic("three", 1, (short) 3))).all().get())
                    .hasCauseInstanceOf(InvalidReplicationFactorException.class);
            assertThat(admin.listTopics().names().get()).containsExactlyInAnyOrder("taken", "with.dot");
        }
    }

    @Test
    void topicConfigurationIsAlteredAndComesIntoForce() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
        try (Admin admin = clients.admin(); KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(
                    new AlterConfigOp(new ConfigEntry("max.message.bytes", "500"), AlterConfigOp.OpType.SET),
                    new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND)))).all().get();
            var config = admin.describeConfigs(List.of(topic)).all().get().get(topic);
            assertThat(config.get("max.message.bytes").value()).isEqualTo("500");
            assertThat(config.get("max.message.bytes").source()).isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
            assertThat(config.get("cleanup.policy").value()).isEqualTo("delete,compact");
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("orders", "k", "x".repeat(1000))).get())
                    .hasCauseInstanceOf(RecordTooLargeException.class);
            admin.incrementalAlterConfigs(Map.of(topic, List.of(new AlterConfigOp(new ConfigEntry("max.message.bytes", ""), AlterConfigOp.OpType.DELETE)))).all().get();
            assertThat(admin.describeConfigs(List.of(topic)).all().get().get(topic).get("max.message.bytes").isDefault()).isTrue();
            producer.send(new ProducerRecord<>("orders", "k", "x".repeat(1000))).get();
        }
    }

    @Test
    void theNodesConfigurationIsShownAndNotAltered() throws Exception {
        ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(broker.nodeId()));
        try (Admin admin = clients.admin()) {
            assertThat(admin.describeConfigs(List.of(node)).all().get().get(node).get("num.partitions").value()).isEqualTo("1");
            assertThatThrownBy(() -> admin.incrementalAlterConfigs(Map.of(node, List.of(
                    new AlterConfigOp(new ConfigEntry("num.partitions", "2"), AlterConfigOp.OpType.SET)))).all().get()).isInstanceOf(ExecutionException.class);
            assertThat(admin.describeCluster().clusterId().get()).isEqualTo(broker.clusterId());
            assertThat(admin.describeCluster().nodes().get()).hasSize(1);
        }
    }

    @Test
    void offsetsAreFoundByTimeAndByTheEndsOfTheLog() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("orders", 0, 1000L + (i == 4 ? 5000 : i * 10), "k", "value " + i)).get();
            }
        }
        TopicPartition partition = new TopicPartition("orders", 0);
        try (Admin admin = clients.admin()) {
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset()).isZero();
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset()).isEqualTo(10);
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(1015))).partitionResult(partition).get().offset()).isEqualTo(2);
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(9999))).partitionResult(partition).get().offset()).isEqualTo(-1);
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).partitionResult(partition).get().offset()).isEqualTo(4);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(6))).all().get();
            assertThat(admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset()).isEqualTo(6);
            assertThat(admin.describeLogDirs(List.of(broker.nodeId())).allDescriptions().get().get(broker.nodeId()).values()).singleElement()
                    .satisfies(folder -> assertThat(folder.replicaInfos().get(partition).size()).isPositive());
        }
        assertThatThrownBy(() -> clients.read(partition, 2, 1, "auto.offset.reset", "none")).isInstanceOf(OffsetOutOfRangeException.class);
        assertThat(values(clients.read(partition, 6, 4))).isEqualTo(expected(6, 10));
    }

    @Test
    void aWaitingConsumerGetsARecordAsSoonAsItIsThere() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        TopicPartition partition = new TopicPartition("orders", 0);
        try (KafkaConsumer<String, String> consumer = clients.consumer("fetch.max.wait.ms", "3000");
                KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            assertThat(consumer.poll(Duration.ofMillis(300))).isEmpty();
            produce(producer, "orders", 0, 1);
            long began = System.nanoTime();
            assertThat(consumer.poll(Duration.ofSeconds(15))).hasSize(1);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(2500));
        }
    }

    @Test
    void aStopAnswersAFetchThatWaits() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (KafkaConsumer<String, String> consumer = clients.consumer("fetch.max.wait.ms", "30000")) {
            consumer.assign(List.of(new TopicPartition("orders", 0)));
            consumer.seekToBeginning(consumer.assignment());
            consumer.poll(Duration.ofMillis(500));
            long began = System.nanoTime();
            broker.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test
    void readersInTheProcessSeeWhatClientsWrote() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        assertThat(broker.localLogs().partitions("orders")).hasValue(1);
        assertThat(broker.localLogs().partitions("none")).isEmpty();
        assertThat(broker.localLogs().reader("orders", 1)).isEmpty();
        LogReader reader = broker.localLogs().reader("orders", 0).orElseThrow();
        assertThat(reader.awaitBeyond(0, Isolation.READ_COMMITTED, Duration.ofMillis(10))).isFalse();
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false", "linger.ms", "5")) {
            produce(producer, "orders", 0, 500);
        }
        assertThat(reader.awaitBeyond(499, Isolation.READ_COMMITTED, Duration.ofSeconds(10))).isTrue();
        List<String> values = new ArrayList<>();
        long offset = 0;
        while (offset < reader.endOffset(Isolation.READ_COMMITTED)) {
            LogSlice slice = reader.read(offset, 1000, Isolation.READ_COMMITTED);
            for (Record record : MemoryRecords.readableRecords(slice.batches()).records()) {
                values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
            }
            assertThat(slice.nextOffset()).isGreaterThan(offset);
            offset = slice.nextOffset();
        }
        assertThat(values).isEqualTo(expected(0, 500));
        assertThat(reader.read(500, 1000, Isolation.READ_COMMITTED).batches().hasRemaining()).isFalse();
        assertThatThrownBy(() -> reader.read(501, 1000, Isolation.READ_COMMITTED)).isInstanceOf(io.millrace.api.log.OffsetOutOfRangeException.class);
    }

    @Test
    void anInterruptedReaderDoesNotHarmTheLog() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence", "false")) {
            produce(producer, "orders", 0, 10);
            LogReader reader = broker.localLogs().reader("orders", 0).orElseThrow();
            Thread.currentThread().interrupt();
            LogSlice slice = reader.read(0, 1000, Isolation.READ_UNCOMMITTED);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(slice.nextOffset()).isPositive();
            produce(producer, "orders", 10, 20);
        }
        assertThat(values(clients.read(new TopicPartition("orders", 0), 0, 20))).isEqualTo(expected(0, 20));
    }

    @Test
    void aPortThatIsTakenIsNamedWithTheMend(@TempDir Path other) {
        assertThatThrownBy(() -> BrokerServer.start(BrokerConfig.with(other, Map.of("listen", broker.bootstrapServers()))))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining(broker.bootstrapServers()).hasMessageContaining("--listen");
        // Nothing of the failed start is left.
        BrokerServer.start(BrokerConfig.with(other, Map.of("listen", "127.0.0.1:0"))).close();
    }

    @Test
    void aFolderInUseIsNamedWithTheMend() {
        assertThatThrownBy(() -> BrokerServer.start(config()))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining(data.toString()).hasMessageContaining("--data");
    }

    @Test
    void aFolderOfAnotherNodeIsRefused() {
        broker.close();
        assertThatThrownBy(() -> BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "node.id", "7"))))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("node.id");
    }

    @Test
    void anAddressOpenToOthersNeedsConsent(@TempDir Path other) {
        assertThatThrownBy(() -> BrokerServer.start(BrokerConfig.with(other, Map.of("listen", "0.0.0.0:0"))))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("insecure.allow");
        assertThatThrownBy(() -> BrokerServer.start(BrokerConfig.with(other, Map.of("listen", "nonsense"))))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("HOST:PORT");
    }
}
