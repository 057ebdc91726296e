package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DeleteTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaAlteration.Op;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Quotas, as stock clients meet them. Three windows of a second instead of eleven, so that rates settle within a test. */
@Timeout(60)
class ClientQuotasTest {

    private static final int KILOBYTE = 1024;

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;

    @BeforeEach
    void start() throws Exception {
        boot();
        clients.createTopic("orders", 1, Map.of());
    }

    private void boot() {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "quota.window.num", "3", "controller.quota.window.num", "2")));
        clients = new TestClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static ClientQuotaEntity entity(String... typesAndNames) {
        Map<String, String> entries = new HashMap<>();
        for (int i = 0; i < typesAndNames.length; i += 2) {
            entries.put(typesAndNames[i], typesAndNames[i + 1]);
        }
        return new ClientQuotaEntity(entries);
    }

    private static ClientQuotaAlteration alteration(ClientQuotaEntity entity, String key, Double value) {
        return new ClientQuotaAlteration(entity, List.of(new Op(key, value)));
    }

    private void set(ClientQuotaEntity entity, String key, Double value) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.alterClientQuotas(List.of(alteration(entity, key, value))).all().get();
        }
    }

    private Map<ClientQuotaEntity, Map<String, Double>> described(ClientQuotaFilter filter) throws Exception {
        try (Admin admin = clients.admin()) {
            return admin.describeClientQuotas(filter).entities().get();
        }
    }

    private static double metric(Map<MetricName, ? extends Metric> metrics, String name) {
        return metrics.values().stream().filter(metric -> metric.metricName().name().equals(name) && !metric.metricName().tags().containsKey("node-id"))
                .mapToDouble(metric -> (double) metric.metricValue()).filter(value -> !Double.isNaN(value)).max().orElse(0);
    }

    @Test
    void quotasAreSetDescribedAndRemovedAndSurviveARestart() throws Exception {
        ClientQuotaEntity ann = entity("user", "ann");
        ClientQuotaEntity annWithApp = entity("user", "ann", "client-id", "app");
        ClientQuotaEntity anyClient = entity("client-id", null);
        ClientQuotaEntity address = entity("ip", "192.0.2.1");
        try (Admin admin = clients.admin()) {
            admin.alterClientQuotas(List.of(
                    new ClientQuotaAlteration(ann, List.of(new Op("producer_byte_rate", 1000.0), new Op("request_percentage", 12.5))),
                    alteration(annWithApp, "consumer_byte_rate", 2000.0),
                    alteration(anyClient, "controller_mutation_rate", 3.5),
                    alteration(address, "connection_creation_rate", 4.0))).all().get();
            admin.alterClientQuotas(List.of(alteration(ann, "producer_byte_rate", 5.0)), new AlterClientQuotasOptions().validateOnly(true)).all().get();
        }
        broker.close();
        boot();
        assertThat(described(ClientQuotaFilter.all())).isEqualTo(Map.of(ann, Map.of("producer_byte_rate", 1000.0, "request_percentage", 12.5),
                annWithApp, Map.of("consumer_byte_rate", 2000.0), anyClient, Map.of("controller_mutation_rate", 3.5),
                address, Map.of("connection_creation_rate", 4.0)));
        assertThat(described(ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntity("user", "ann"))))).containsOnlyKeys(ann);
        assertThat(described(ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntityType("user"))))).containsOnlyKeys(ann, annWithApp);
        assertThat(described(ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofDefaultEntity("client-id"))))).containsOnlyKeys(anyClient);
        set(ann, "producer_byte_rate", null);
        set(ann, "request_percentage", null);
        assertThat(described(ClientQuotaFilter.all())).containsOnlyKeys(annWithApp, anyClient, address);
    }

    @Test
    void aQuotaThatCannotBeIsRefusedAndTheOthersOfTheRequestAreSet() throws Exception {
        try (Admin admin = clients.admin()) {
            var altered = admin.alterClientQuotas(List.of(alteration(entity("user", "ann"), "producer_byte_rate", -1.0),
                    alteration(entity("user", "bob"), "producer_byte_rate", 1.0))).values();
            assertThatThrownBy(() -> altered.get(entity("user", "ann")).get()).hasCauseInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("producer_byte_rate=-1.0");
            altered.get(entity("user", "bob")).get();
        }
        assertThat(described(ClientQuotaFilter.all())).containsOnlyKeys(entity("user", "bob"));
    }

    @Test
    void aProducerIsHeldToItsByteRate() throws Exception {
        double rate = 400 * KILOBYTE;
        set(entity("client-id", "greedy"), "producer_byte_rate", rate);
        String value = "x".repeat(10 * KILOBYTE);
        try (KafkaProducer<String, String> greedy = clients.producer("client.id", "greedy", "batch.size", "20000");
                KafkaProducer<String, String> other = clients.producer("client.id", "other")) {
            long began = System.nanoTime();
            List<Future<?>> sent = new ArrayList<>();
            for (int i = 0; i < 150; i++) {
                sent.add(greedy.send(new ProducerRecord<>("orders", value)));
            }
            for (int i = 0; i < 150; i++) {
                other.send(new ProducerRecord<>("orders", value)).get();
            }
            assertThat(metric(other.metrics(), "produce-throttle-time-max")).as("nobody else is throttled").isZero();
            for (Future<?> one : sent) {
                one.get();
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            // Two windows' worth goes at once, the rest at the rate; a slow machine only takes longer.
            double atLeast = (150 * 10 * KILOBYTE - 3 * rate) / rate;
            assertThat(seconds).isGreaterThan(atLeast);
            assertThat(metric(greedy.metrics(), "produce-throttle-time-max")).isPositive();
            assertThat(metric(greedy.metrics(), "produce-throttle-time-avg")).isPositive();
            assertThat(Measured.of(broker, "kafka_server_produce_byte_rate")).isBetween(rate / 4, rate * 2);
            assertThat(Measured.of(broker, "kafka_server_produce_throttle_time")).isPositive();
        }
    }

    @Test
    void aConsumerIsHeldToItsByteRateAndGetsEverything() throws Exception {
        double rate = 400 * KILOBYTE;
        String value = "x".repeat(10 * KILOBYTE);
        try (KafkaProducer<String, String> producer = clients.producer("batch.size", "20000")) {
            for (int i = 0; i < 150; i++) {
                producer.send(new ProducerRecord<>("orders", value));
            }
        }
        set(entity("user", "ANONYMOUS", "client-id", "greedy"), "consumer_byte_rate", rate);
        TopicPartition partition = new TopicPartition("orders", 0);
        try (KafkaConsumer<String, String> greedy = clients.consumer("client.id", "greedy")) {
            greedy.assign(List.of(partition));
            greedy.seekToBeginning(List.of(partition));
            long began = System.nanoTime();
            int read = 0;
            while (read < 150) {
                read += greedy.poll(Duration.ofMillis(100)).count();
            }
            double seconds = (System.nanoTime() - began) / 1e9;
            assertThat(read).isEqualTo(150);
            assertThat(seconds).isGreaterThan((150 * 10 * KILOBYTE - 3 * rate) / rate);
            assertThat(metric(greedy.metrics(), "fetch-throttle-time-max")).isPositive();
            assertThat(Measured.of(broker, "kafka_server_fetch_throttle_time")).isPositive();
        }
        assertThat(clients.read(partition, 0, 150)).hasSize(150);
    }

    @Test
    void aBatchLargerThanTheQuotaAllowsIsConsumedAllTheSame() throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            producer.send(new ProducerRecord<>("orders", "x".repeat(50 * KILOBYTE))).get();
        }
        set(entity("client-id", null), "consumer_byte_rate", 10.0 * KILOBYTE);
        assertThat(clients.read(new TopicPartition("orders", 0), 0, 1)).hasSize(1);
    }

    private static ProduceRequest produce(int bytes, short acks) {
        MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord("x".repeat(bytes).getBytes(StandardCharsets.UTF_8)));
        TopicProduceData topic = new TopicProduceData().setName("orders");
        topic.partitionData().add(new PartitionProduceData().setIndex(0).setRecords(records));
        ProduceRequestData request = new ProduceRequestData().setAcks(acks).setTimeoutMs(5000);
        request.topicData().add(topic);
        return new ProduceRequest(request, (short) 9);
    }

    private static MetadataRequest metadata() {
        return new MetadataRequest(new MetadataRequestData().setTopics(List.of()), (short) 9);
    }

    @Test
    void aThrottledClientIsToldAtOnceAndMutedForThatLong() throws Exception {
        set(entity("client-id", "raw"), "producer_byte_rate", 10.0 * KILOBYTE);
        try (RawClient raw = new RawClient(broker)) {
            raw.send(produce(40 * KILOBYTE, (short) 1));
            raw.send(metadata());
            long began = System.nanoTime();
            int throttle = ((ProduceResponse) raw.receive()).throttleTimeMs();
            long told = System.nanoTime() - began;
            // 40 KB are those of four windows; two to three of them have passed, as it counts.
            assertThat(throttle).isBetween(1000, 2200);
            assertThat(told).isLessThan(Duration.ofMillis(throttle - 300).toNanos());
            assertThat(((MetadataResponse) raw.receive()).throttleTimeMs()).isZero();
            assertThat(System.nanoTime() - began).isGreaterThan(Duration.ofMillis(throttle - 200).toNanos());
        }
    }

    @Test
    void aClientThatWantsNoAcknowledgementIsMutedNevertheless() throws Exception {
        set(entity("client-id", "raw"), "producer_byte_rate", 10.0 * KILOBYTE);
        try (RawClient raw = new RawClient(broker)) {
            long began = System.nanoTime();
            raw.send(produce(40 * KILOBYTE, (short) 0));
            raw.forgetUnanswered();
            raw.send(metadata());
            raw.receive();
            assertThat(System.nanoTime() - began).isGreaterThan(Duration.ofMillis(950).toNanos());
        }
    }

    @Test
    void aBrokerThatStopsDoesNotWaitForTheMuted() throws Exception {
        set(entity("client-id", "raw"), "producer_byte_rate", 1.0);
        try (RawClient raw = new RawClient(broker)) {
            raw.send(produce(40 * KILOBYTE, (short) 1));
            assertThat(((ProduceResponse) raw.receive()).throttleTimeMs()).isGreaterThan(1_000_000);
            long began = System.nanoTime();
            broker.close();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(3));
            assertThat(raw.isClosedByBroker()).isTrue();
        }
    }

    private static FetchRequest fetch(long offset, int maxWait) {
        FetchTopic asked = new FetchTopic().setTopic("orders")
                .setPartitions(List.of(new FetchPartition().setPartition(0).setFetchOffset(offset).setPartitionMaxBytes(1 << 20)));
        return new FetchRequest(new FetchRequestData().setMaxWaitMs(maxWait).setMinBytes(1).setMaxBytes(1 << 20).setSessionEpoch(-1).setTopics(List.of(asked)), (short) 11);
    }

    @Test
    void aThrottledFetchIsAnsweredWithoutRecords() throws Exception {
        try (RawClient raw = new RawClient(broker)) {
            for (int i = 0; i < 2; i++) {
                raw.send(produce(15 * KILOBYTE, (short) 1));
                raw.receive();
            }
            set(entity("client-id", "raw"), "consumer_byte_rate", 10.0 * KILOBYTE);
            raw.send(fetch(0, 5000));
            FetchResponse first = (FetchResponse) raw.receive();
            assertThat(first.throttleTimeMs()).isZero();
            assertThat(only(first).records().sizeInBytes()).isBetween(15 * KILOBYTE, 20 * KILOBYTE);
            raw.send(fetch(1, 5000));
            FetchResponse second = (FetchResponse) raw.receive();
            assertThat(second.throttleTimeMs()).isPositive();
            assertThat(only(second).records().sizeInBytes()).isZero();
            assertThat(only(second).highWatermark()).isEqualTo(2);
        }
    }

    private static PartitionData only(FetchResponse response) {
        return response.data().responses().getFirst().partitions().getFirst();
    }

    @Test
    void requestsThatTakeTooMuchTimeAreThrottledForAWindowAtMost() throws Exception {
        set(entity("client-id", "raw"), "request_percentage", 1e-6);
        try (RawClient raw = new RawClient(broker)) {
            raw.send(metadata());
            assertThat(((MetadataResponse) raw.receive()).throttleTimeMs()).isEqualTo(1000);
        }
    }

    @Test
    void creatingTooManyPartitionsIsRefusedUntilTheQuotaAllowsIt() throws Exception {
        set(entity("user", null), "controller_mutation_rate", 2.0);
        try (Admin admin = clients.admin()) {
            CreateTopicsOptions once = new CreateTopicsOptions().retryOnQuotaViolation(false);
            // Four at once are allowed, and may be exceeded by one request.
            admin.createTopics(List.of(new NewTopic("a", 8, (short) 1)), once).all().get();
            assertThatThrownBy(() -> admin.createTopics(List.of(new NewTopic("b", 1, (short) 1)), once).all().get())
                    .hasCauseInstanceOf(ThrottlingQuotaExceededException.class);
            // The stock client waits as told and tries again.
            admin.createTopics(List.of(new NewTopic("b", 1, (short) 1))).all().get();
            admin.deleteTopics(List.of("a")).all().get();
            assertThatThrownBy(() -> admin.deleteTopics(List.of("b"), new DeleteTopicsOptions().retryOnQuotaViolation(false)).all().get())
                    .hasCauseInstanceOf(ThrottlingQuotaExceededException.class);
            assertThat(admin.listTopics().names().get()).contains("b").doesNotContain("a");
        }
    }

    @Test
    void anOldClientThatCannotBeRefusedIsThrottled() throws Exception {
        set(entity("client-id", "raw"), "controller_mutation_rate", 2.0);
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(5000);
        request.topics().add(new CreatableTopic().setName("a").setNumPartitions(8).setReplicationFactor((short) 1));
        try (RawClient raw = new RawClient(broker)) {
            raw.send(new CreateTopicsRequest(request, (short) 5));
            CreateTopicsResponse response = (CreateTopicsResponse) raw.receive();
            assertThat(response.data().topics().find("a").errorCode()).isEqualTo(Errors.NONE.code());
            assertThat(response.throttleTimeMs()).isBetween(1000, 2000);
            long began = System.nanoTime();
            raw.send(metadata());
            raw.receive();
            assertThat(System.nanoTime() - began).isGreaterThan(Duration.ofMillis(800).toNanos());
        }
    }
}
