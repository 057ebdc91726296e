package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProtocolTest {

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;

    @BeforeEach
    void start() {
        start(Map.of());
    }

    private void start(Map<String, String> config) {
        Map<String, String> all = new HashMap<>(config);
        all.put("listen", "127.0.0.1:0");
        broker = BrokerServer.start(BrokerConfig.with(data, all));
        clients = new TestClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static ProduceRequest produce(int version, short acks, String topic, int partition, String value) {
        return produce(version, acks, new TopicProduceData().setName(topic), partition, value);
    }

    private static ProduceRequest produce(int version, short acks, TopicProduceData topic, int partition, String value) {
        MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(value.getBytes(StandardCharsets.UTF_8)));
        ProduceRequestData request = new ProduceRequestData().setAcks(acks).setTimeoutMs(5000);
        topic.partitionData().add(new PartitionProduceData().setIndex(partition).setRecords(records));
        request.topicData().add(topic);
        return new ProduceRequest(request, (short) version);
    }

    private static MetadataRequest metadata(int version) {
        return new MetadataRequest(new MetadataRequestData().setTopics(null), (short) version);
    }

    private static FetchRequest fetch(int version, String topic, Uuid id, long offset, int maxWait, int maxBytes) {
        FetchTopic asked = new FetchTopic().setPartitions(List.of(new FetchPartition().setPartition(0).setFetchOffset(offset).setPartitionMaxBytes(maxBytes)));
        if (version >= 13) {
            asked.setTopicId(id);
        } else {
            asked.setTopic(topic);
        }
        return new FetchRequest(new FetchRequestData().setMaxWaitMs(maxWait).setMinBytes(1).setMaxBytes(maxBytes).setTopics(List.of(asked)), (short) version);
    }

    private static PartitionProduceResponse only(AbstractResponse response) {
        return ((ProduceResponse) response).data().responses().iterator().next().partitionResponses().getFirst();
    }

    private static PartitionData onlyFetched(AbstractResponse response) {
        return ((FetchResponse) response).data().responses().getFirst().partitions().getFirst();
    }

    private void assertStillServing() throws Exception {
        try (RawClient client = new RawClient(broker)) {
            client.send(metadata(12));
            assertThat(((MetadataResponse) client.receive()).clusterId()).isEqualTo(broker.clusterId());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, Integer.MIN_VALUE, Integer.MAX_VALUE, 104857601})
    void aFrameOfImpossibleSizeEndsOnlyItsConnection(int size) throws Exception {
        try (RawClient client = new RawClient(broker); RawClient other = new RawClient(broker)) {
            client.sendSize(size);
            assertThat(client.isClosedByBroker()).isTrue();
            other.send(metadata(12));
            assertThat(other.receive()).isInstanceOf(MetadataResponse.class);
        }
        assertStillServing();
    }

    @Test
    void bytesThatAreNoRequestEndTheConnection() throws Exception {
        byte[][] garbage = {
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            frame(new byte[] {1}),
            frame(ByteBuffer.allocate(12).putShort((short) 999).putShort((short) 0).putInt(1).array()),
            frame(ByteBuffer.allocate(12).putShort((short) -1).putShort((short) 0).putInt(1).array()),
            // Produce of a version that is advertised for old clients' sake, but not served.
            frame(ByteBuffer.allocate(12).putShort(ApiKeys.PRODUCE.id).putShort((short) 0).putInt(1).array()),
            // Metadata that claims two billion topics.
            frame(ByteBuffer.allocate(18).putShort(ApiKeys.METADATA.id).putShort((short) 1).putInt(1).putShort((short) -1).putInt(Integer.MAX_VALUE).array()),
        };
        for (byte[] bytes : garbage) {
            try (RawClient client = new RawClient(broker)) {
                client.sendBytes(bytes);
                assertThat(client.isClosedByBroker()).isTrue();
            }
        }
        assertStillServing();
    }

    private static byte[] frame(byte[] content) {
        return ByteBuffer.allocate(Integer.BYTES + content.length).putInt(content.length).put(content).array();
    }

    @Test
    void aClientThatLeavesInTheMiddleOfAFrameHarmsNobody() throws Exception {
        for (int i = 0; i < 20; i++) {
            try (RawClient client = new RawClient(broker)) {
                client.sendSize(50_000_000);
                client.sendBytes(new byte[100]);
            }
        }
        assertStillServing();
    }

    @Test
    void anUnknownVersionOfApiVersionsIsAnsweredInTheOldestForm() throws Exception {
        try (RawClient client = new RawClient(broker)) {
            client.sendBytes(frame(ByteBuffer.allocate(11).putShort(ApiKeys.API_VERSIONS.id).putShort((short) 99).putInt(42).putShort((short) -1).put((byte) 0).array()));
            ByteBuffer response = client.receiveFrame();
            assertThat(response.getInt()).isEqualTo(42);
            assertThat(response.getShort()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(response.getInt()).isEqualTo(1);
            assertThat(response.getShort()).isEqualTo(ApiKeys.API_VERSIONS.id);
        }
    }

    @Test
    void onlyWhatIsServedIsAdvertised() throws Exception {
        for (short version : ApiKeys.API_VERSIONS.allVersions()) {
            try (RawClient client = new RawClient(broker)) {
                client.send(new ApiVersionsRequest(new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1"), version));
                ApiVersionsResponse response = (ApiVersionsResponse) client.receive();
                assertThat(response.data().errorCode()).isZero();
                ApiVersion produce = response.apiVersion(ApiKeys.PRODUCE.id);
                assertThat(produce.minVersion()).isZero();
                assertThat(produce.maxVersion()).isEqualTo((short) 13);
                assertThat(response.apiVersion(ApiKeys.CONSUMER_GROUP_HEARTBEAT.id)).isNull();
                assertThat(response.apiVersion(ApiKeys.SHARE_FETCH.id)).isNull();
                if (version >= 3) {
                    assertThat(response.data().finalizedFeatures()).singleElement().satisfies(feature -> {
                        assertThat(feature.name()).isEqualTo("transaction.version");
                        assertThat(feature.maxVersionLevel()).isEqualTo((short) 2);
                    });
                }
            }
        }
    }

    @Test
    void aClientOfAnotherClusterIsTold() throws Exception {
        try (RawClient client = new RawClient(broker)) {
            client.send(new ApiVersionsRequest(new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1").setClusterId("another").setNodeId(1), (short) 5));
            assertThat(((ApiVersionsResponse) client.receive()).data().errorCode()).isEqualTo(Errors.REBOOTSTRAP_REQUIRED.code());
        }
    }

    @Test
    void everyVersionOfMetadataIsAnswered() throws Exception {
        clients.createTopic("orders", 2, Map.of());
        for (short version : ApiKeys.METADATA.allVersions()) {
            try (RawClient client = new RawClient(broker)) {
                MetadataRequestData request = new MetadataRequestData().setTopics(version == 0 ? List.of() : null);
                client.send(new MetadataRequest(request, version));
                MetadataResponse response = (MetadataResponse) client.receive();
                assertThat(response.data().topics().find("orders").partitions()).hasSize(2);
                assertThat(response.brokers()).hasSize(1);
            }
        }
    }

    @Test
    void everyVersionOfProduceAndFetchIsServed() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        Uuid id = topicId("orders");
        for (short version : ApiKeys.PRODUCE.allVersions()) {
            try (RawClient client = new RawClient(broker)) {
                TopicProduceData topic = version >= 13 ? new TopicProduceData().setTopicId(id) : new TopicProduceData().setName("orders");
                client.send(produce(version, (short) -1, topic, 0, "v" + version));
                assertThat(only(client.receive()).errorCode()).isZero();
            }
        }
        for (short version : ApiKeys.FETCH.allVersions()) {
            try (RawClient client = new RawClient(broker)) {
                client.send(fetch(version, "orders", id, 0, 0, 1_000_000));
                PartitionData fetched = onlyFetched(client.receive());
                assertThat(fetched.errorCode()).isZero();
                assertThat(fetched.highWatermark()).isEqualTo(ApiKeys.PRODUCE.allVersions().size());
                assertThat(((MemoryRecords) fetched.records()).records()).hasSize(ApiKeys.PRODUCE.allVersions().size());
            }
        }
    }

    @Test
    void everyVersionOfListOffsetsIsServed() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        for (short version : ApiKeys.LIST_OFFSETS.allVersions()) {
            for (long time : List.of(ListOffsetsRequest.LATEST_TIMESTAMP, ListOffsetsRequest.EARLIEST_TIMESTAMP, 0L)) {
                try (RawClient client = new RawClient(broker)) {
                    ListOffsetsTopic topic = new ListOffsetsTopic().setName("orders");
                    topic.partitions().add(new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(time));
                    client.send(ListOffsetsRequest.parse(new ByteBufferAccessor(MessageUtil.toByteBufferAccessor(
                            new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(topic)), version).buffer()), version));
                    assertThat(((ListOffsetsResponse) client.receive()).topics().getFirst().partitions().getFirst().errorCode()).isZero();
                }
            }
        }
    }

    private Uuid topicId(String topic) throws Exception {
        try (RawClient client = new RawClient(broker)) {
            client.send(metadata(12));
            return ((MetadataResponse) client.receive()).data().topics().find(topic).topicId();
        }
    }

    @Test
    void answersComeInTheOrderOfTheRequests() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (RawClient client = new RawClient(broker)) {
            // A fetch that waits, produce requests that wait for the disk, requests that wait for nothing: all under way at once.
            client.send(fetch(11, "orders", null, 0, 300, 1000));
            for (int i = 0; i < 200; i++) {
                client.send(produce(7, (short) (i % 3 == 0 ? 1 : -1), "orders", 0, "value " + i));
                client.send(metadata(1 + i % 12));
            }
            assertThat(client.receive()).isInstanceOf(FetchResponse.class);
            for (int i = 0; i < 200; i++) {
                assertThat(only(client.receive()).baseOffset()).isEqualTo(i);
                assertThat(client.receive()).isInstanceOf(MetadataResponse.class);
            }
        }
    }

    @Test
    void partsOfAProduceRequestFailOneByOne() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (RawClient client = new RawClient(broker)) {
            client.send(produce(9, (short) -1, "nowhere", 0, "x"));
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
            client.send(produce(9, (short) -1, "orders", 7, "x"));
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
            client.send(produce(13, (short) -1, new TopicProduceData().setTopicId(Uuid.randomUuid()), 0, "x"));
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
            client.send(produce(9, (short) 5, "orders", 0, "x"));
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.INVALID_REQUIRED_ACKS.code());
            client.send(produce(9, (short) -1, "__consumer_offsets", 0, "x"));
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
            client.send(produce(9, (short) -1, "orders", 0, "x"));
            assertThat(only(client.receive()).baseOffset()).isZero();
        }
    }

    @Test
    void aBatchWhoseContentWasChangedOnTheWayIsRefused() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        ProduceRequest request = produce(9, (short) -1, "orders", 0, "precious");
        ByteBuffer batch = ((MemoryRecords) request.data().topicData().iterator().next().partitionData().getFirst().records()).buffer();
        batch.put(batch.limit() - 3, (byte) (batch.get(batch.limit() - 3) + 1));
        try (RawClient client = new RawClient(broker)) {
            client.send(request);
            assertThat(only(client.receive()).errorCode()).isEqualTo(Errors.CORRUPT_MESSAGE.code());
        }
    }

    @Test
    void aProducerThatWantsNoAnswerLearnsOfAnErrorByTheEndOfItsConnection() throws Exception {
        try (RawClient client = new RawClient(broker)) {
            client.send(produce(9, (short) 0, "nowhere", 0, "x"));
            assertThat(client.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void aFetchIsFencedByItsLeaderEpoch() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        broker.close();
        start();
        try (RawClient client = new RawClient(broker)) {
            for (Map.Entry<Integer, Errors> expected : Map.of(0, Errors.FENCED_LEADER_EPOCH, 1, Errors.NONE, 2, Errors.UNKNOWN_LEADER_EPOCH).entrySet()) {
                FetchRequest request = fetch(12, "orders", null, 0, 0, 1000);
                request.data().topics().getFirst().partitions().getFirst().setCurrentLeaderEpoch(expected.getKey());
                client.send(request);
                assertThat(onlyFetched(client.receive()).errorCode()).isEqualTo(expected.getValue().code());
            }
        }
    }

    @Test
    void aFetchOutOfRangeIsToldTheRange() throws Exception {
        clients.createTopic("orders", 1, Map.of());
        try (RawClient client = new RawClient(broker)) {
            client.send(fetch(12, "orders", null, 5, 1000, 1000));
            PartitionData fetched = onlyFetched(client.receive());
            assertThat(fetched.errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
            assertThat(fetched.highWatermark()).isZero();
            assertThat(fetched.logStartOffset()).isZero();
        }
    }

    @Test
    void readersThatStallStarveNobody() throws Exception {
        clients.createTopic("big", 1, Map.of());
        try (KafkaProducer<String, String> producer = clients.producer("acks", "1", "enable.idempotence", "false", "batch.size", "500000")) {
            for (int i = 0; i < 400; i++) {
                producer.send(new ProducerRecord<>("big", 0, "k", "x".repeat(50_000)));
            }
        }
        List<RawClient> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 64; i++) {
                RawClient client = new RawClient(broker);
                stalled.add(client);
                client.send(fetch(12, "big", null, 0, 0, 50_000_000));
            }
            CountDownLatch ticks = new CountDownLatch(200);
            Thread.startVirtualThread(() -> {
                while (ticks.getCount() > 0) {
                    ticks.countDown();
                    Thread.yield();
                }
            });
            assertThat(ticks.await(10, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 50; i++) {
                assertStillServing();
            }
            // The last writer may be about to give its memory back.
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
                    System.nanoTime() < end && Measured.of(broker, "millrace_response_memory_bytes") > 0; ) {
                Thread.onSpinWait();
            }
            assertThat(Measured.of(broker, "millrace_response_memory_bytes")).as("what they do not read is not in memory").isZero();
            // Who reads at last gets everything.
            assertThat(onlyFetched(stalled.getFirst().receive()).records().sizeInBytes()).isGreaterThan(19_000_000);
        } finally {
            for (RawClient client : stalled) {
                client.close();
            }
        }
    }

    @Test
    void anIdleConnectionIsClosedAndAWaitingOneIsNot() throws Exception {
        broker.close();
        start(Map.of("connections.max.idle.ms", "300"));
        clients.createTopic("orders", 1, Map.of());
        try (RawClient idle = new RawClient(broker); RawClient waiting = new RawClient(broker)) {
            waiting.send(fetch(12, "orders", null, 0, 1500, 1000));
            long began = System.nanoTime();
            assertThat(idle.isClosedByBroker()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(1400));
            assertThat(onlyFetched(waiting.receive()).errorCode()).isZero();
        }
    }
}
