package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where a log begins, ends and changed its leader, in every version of the requests that ask for it. */
@Timeout(60)
class OffsetsProtocolTest {

    private static final String TOPIC = "orders";
    private static final long T = System.currentTimeMillis() - 60_000;

    @TempDir
    private Path data;
    private BrokerServer broker;
    private WireClient client;

    /** Offsets 0 to 3 in leader epoch 0, of times T+10, T+40, T+20, T+30; 4 to 5 in epoch 1, of which 5 is in an open transaction. */
    @BeforeEach
    void write() throws Exception {
        broker = start();
        new TestClients(broker).createTopic(TOPIC, 1, Map.of());
        try (KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
            for (long time : new long[] {10, 40, 20, 30}) {
                producer.send(new ProducerRecord<>(TOPIC, 0, T + time, null, "value")).get();
            }
        }
        broker.close();
        broker = start();
        TestClients clients = new TestClients(broker);
        try (KafkaProducer<String, String> producer = clients.producer("linger.ms", "0")) {
            producer.send(new ProducerRecord<>(TOPIC, 0, T + 15, null, "value")).get();
        }
        KafkaProducer<String, String> open = clients.producer("transactional.id", "open", "linger.ms", "0");
        open.initTransactions();
        open.beginTransaction();
        open.send(new ProducerRecord<>(TOPIC, 0, T + 50, null, "undecided")).get();
        // Not in order: that would end the transaction.
        open.close(java.time.Duration.ZERO);
        client = new WireClient(broker.bootstrapServers());
    }

    private BrokerServer start() {
        return BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        broker.close();
    }

    private ListOffsetsPartitionResponse list(int version, long time, boolean committed) throws Exception {
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(new ListOffsetsTopic().setName(TOPIC)
                .setPartitions(List.of(new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(time)))));
        if (version >= 2) {
            request.setIsolationLevel((byte) (committed ? 1 : 0));
        }
        return ((ListOffsetsResponseData) client.call(ApiKeys.LIST_OFFSETS, version, request)).topics().getFirst().partitions().getFirst();
    }

    private static ListOffsetsPartitionResponse found(int version, long offset, long time, int epoch) {
        return new ListOffsetsPartitionResponse().setPartitionIndex(0).setOffset(offset).setTimestamp(time).setLeaderEpoch(version >= 4 ? epoch : -1);
    }

    @Test
    void timesAndTheirSpecialValuesLeadToOffsetsAndEpochs() throws Exception {
        Map<Long, Integer> sinceVersion = new TreeMap<>(Map.of(-1L, 1, -2L, 1, -3L, 7, -4L, 8, -5L, 9, -6L, 11, -7L, 99, Long.MIN_VALUE, 99));
        for (int version : ApiKeys.LIST_OFFSETS.allVersions()) {
            for (boolean committed : version >= 2 ? new boolean[] {false, true} : new boolean[] {false}) {
                Map<Long, ListOffsetsPartitionResponse> expected = new TreeMap<>();
                expected.put(-1L, committed ? found(version, 5, -1, 1) : found(version, 6, -1, 1));
                expected.put(-2L, found(version, 0, -1, 0));
                // The greatest time of all is that of the undecided record, which is not read.
                expected.put(-3L, committed ? found(version, -1, -1, -1) : found(version, 5, T + 50, 1));
                expected.put(-4L, found(version, 0, -1, 0));
                expected.put(-5L, found(version, -1, -1, -1));
                expected.put(-6L, found(version, -1, -1, -1));
                sinceVersion.forEach((time, since) -> {
                    if (since > version) {
                        expected.put(time, found(version, -1, -1, -1).setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
                    }
                });
                expected.put(0L, found(version, 0, T + 10, 0));
                expected.put(T + 11, found(version, 1, T + 40, 0));
                expected.put(T + 41, committed ? found(version, -1, -1, -1) : found(version, 5, T + 50, 1));
                expected.put(T + 51, found(version, -1, -1, -1));
                for (Map.Entry<Long, ListOffsetsPartitionResponse> each : expected.entrySet()) {
                    assertThat(list(version, each.getKey(), committed)).as("version %d, time %d, committed %s", version, each.getKey(), committed)
                            .isEqualTo(each.getValue());
                }
            }
        }
    }

    @Test
    void anEpochEndsWhereTheNextOneBegan() throws Exception {
        for (int version : ApiKeys.OFFSET_FOR_LEADER_EPOCH.allVersions()) {
            assertThat(end(version, 0, -1)).isEqualTo(new EpochEndOffset().setLeaderEpoch(0).setEndOffset(4));
            assertThat(end(version, 1, 1)).isEqualTo(new EpochEndOffset().setLeaderEpoch(1).setEndOffset(6));
            assertThat(end(version, 2, 1)).isEqualTo(new EpochEndOffset().setLeaderEpoch(-1).setEndOffset(-1));
            assertThat(end(version, 0, 0)).isEqualTo(new EpochEndOffset().setErrorCode(Errors.FENCED_LEADER_EPOCH.code()));
            assertThat(end(version, 0, 2)).isEqualTo(new EpochEndOffset().setErrorCode(Errors.UNKNOWN_LEADER_EPOCH.code()));
        }
    }

    private EpochEndOffset end(int version, int epoch, int known) throws Exception {
        OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderTopic().setTopic(TOPIC).setPartitions(List.of(new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(epoch)
                .setCurrentLeaderEpoch(known))));
        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData().setTopics(topics);
        return ((OffsetForLeaderEpochResponseData) client.call(ApiKeys.OFFSET_FOR_LEADER_EPOCH, version, version < 3 ? request : request.setReplicaId(-1)))
                .topics().find(TOPIC).partitions().getFirst();
    }

    @Test
    void recordsAreDeletedUpToAnOffsetAndStayDeleted() throws Exception {
        for (int version : ApiKeys.DELETE_RECORDS.allVersions()) {
            assertThat(delete(version, TOPIC, version + 1)).isEqualTo(new DeleteRecordsPartitionResult().setLowWatermark(version + 1));
            assertThat(delete(version, TOPIC, 0)).as("what is gone does not come back").isEqualTo(new DeleteRecordsPartitionResult().setLowWatermark(version + 1));
            assertThat(delete(version, TOPIC, 7).errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
            assertThat(delete(version, TOPIC, -2).errorCode()).isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
            assertThat(delete(version, "nowhere", 1).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
            assertThat(list(7, -2, false)).isEqualTo(found(7, version + 1, -1, 0));
            assertThat(list(7, 0, false).offset()).isEqualTo(version + 1);
        }
        client.close();
        broker.close();
        broker = start();
        client = new WireClient(broker.bootstrapServers());
        assertThat(list(7, -2, false).offset()).isEqualTo(3);
        assertThat(delete(2, TOPIC, -1)).as("up to the high watermark").isEqualTo(new DeleteRecordsPartitionResult().setLowWatermark(6));
        assertThat(list(7, -2, false).offset()).isEqualTo(6);
    }

    private DeleteRecordsPartitionResult delete(int version, String topic, long offset) throws Exception {
        DeleteRecordsRequestData request = new DeleteRecordsRequestData().setTimeoutMs(5_000).setTopics(List.of(new DeleteRecordsTopic().setName(topic)
                .setPartitions(List.of(new DeleteRecordsPartition().setPartitionIndex(0).setOffset(offset)))));
        DeleteRecordsPartitionResult result = ((DeleteRecordsResponseData) client.call(ApiKeys.DELETE_RECORDS, version, request)).topics().find(topic)
                .partitions().find(0).duplicate();
        return result;
    }

    /** KIP-951: without asking for metadata again. */
    @Test
    void whoseLeaderEpochIsOldIsToldTheNewOneAndWhereItsNodeIs() throws Exception {
        Uuid id;
        try (Admin admin = new TestClients(broker).admin()) {
            id = admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).topicId();
        }
        String[] address = broker.bootstrapServers().split(":");
        for (int version : ApiKeys.FETCH.allVersions()) {
            if (version < 9) {
                continue;
            }
            FetchTopic topic = new FetchTopic().setPartitions(List.of(new FetchPartition().setPartition(0).setCurrentLeaderEpoch(0).setPartitionMaxBytes(1000)));
            FetchRequestData request = new FetchRequestData().setMaxWaitMs(0).setMinBytes(1).setMaxBytes(1000).setSessionEpoch(-1)
                    .setTopics(List.of(version < 13 ? topic.setTopic(TOPIC) : topic.setTopicId(id)));
            FetchResponseData response = (FetchResponseData) client.call(ApiKeys.FETCH, version, request);
            FetchResponseData.PartitionData found = response.responses().getFirst().partitions().getFirst();
            assertThat(found.errorCode()).as("version %d", version).isEqualTo(Errors.FENCED_LEADER_EPOCH.code());
            assertThat(found.currentLeader()).as("version %d", version)
                    .isEqualTo(version < 16 ? new LeaderIdAndEpoch() : new LeaderIdAndEpoch().setLeaderId(1).setLeaderEpoch(1));
            if (version >= 16) {
                assertThat(response.nodeEndpoints().find(1)).isEqualTo(new NodeEndpoint().setNodeId(1).setHost(address[0]).setPort(Integer.parseInt(address[1])));
            }
        }
    }
}
