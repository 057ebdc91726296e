package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntryData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopicCollection;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What no client of Kafka's sends, and Kafka answers with these codes: nothing is done of what contradicts itself. */
@Timeout(60)
class ContradictoryRequestsTest {

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;
    private WireClient wire;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
        clients = new TestClients(broker);
        clients.createTopic("orders", 2, Map.of());
        wire = new WireClient(broker.bootstrapServers());
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        broker.close();
    }

    private MetadataResponseData.MetadataResponseTopic describe(String topic) throws IOException {
        return ((MetadataResponseData) wire.call(ApiKeys.METADATA, 12, new MetadataRequestData().setAllowAutoTopicCreation(false)
                .setTopics(List.of(new MetadataRequestTopic().setName(topic))))).topics().iterator().next();
    }

    private List<String> delete(DeleteTopicState... topics) throws IOException {
        List<String> errors = new ArrayList<>();
        ((DeleteTopicsResponseData) wire.call(ApiKeys.DELETE_TOPICS, 6, new DeleteTopicsRequestData().setTimeoutMs(1000).setTopics(List.of(topics))))
                .responses().forEach(result -> errors.add(result.name() + " " + Errors.forCode(result.errorCode())));
        return errors;
    }

    @Test
    void aTopicThatIsToBeDeletedTwiceStays() throws Exception {
        Uuid id = describe("orders").topicId();
        DeleteTopicState byName = new DeleteTopicState().setName("orders");
        DeleteTopicState byId = new DeleteTopicState().setTopicId(id);
        assertThat(delete(byName, byName)).containsExactly("orders INVALID_REQUEST");
        assertThat(delete(byName, byId)).containsExactly("orders INVALID_REQUEST");
        assertThat(delete(byId, byId, byId)).containsExactly("null INVALID_REQUEST");
        assertThat(delete(new DeleteTopicState())).containsExactly("null INVALID_REQUEST");
        assertThat(describe("orders").errorCode()).isZero();
        assertThat(delete(byId)).containsExactly("orders NONE");
    }

    @Test
    void aTopicThatIsToHaveTwoNumbersOfPartitionsKeepsItsOwn() throws Exception {
        CreatePartitionsTopicCollection topics = new CreatePartitionsTopicCollection();
        topics.add(new CreatePartitionsTopic().setName("orders").setCount(5).setAssignments(null));
        topics.add(new CreatePartitionsTopic().setName("orders").setCount(6).setAssignments(null));
        CreatePartitionsResponseData answer = (CreatePartitionsResponseData) wire.call(ApiKeys.CREATE_PARTITIONS, 3,
                new CreatePartitionsRequestData().setTopics(topics).setTimeoutMs(1000));
        assertThat(answer.results()).singleElement().satisfies(result -> assertThat(Errors.forCode(result.errorCode())).isEqualTo(Errors.INVALID_REQUEST));
        assertThat(describe("orders").partitions()).hasSize(2);
    }

    @Test
    void anEntityThatIsToHaveTwoQuotasHasNone() throws Exception {
        List<EntityData> anna = List.of(new EntityData().setEntityType("user").setEntityName("anna"));
        OpData slow = new OpData().setKey("producer_byte_rate").setValue(1000);
        OpData fast = new OpData().setKey("producer_byte_rate").setValue(9000);
        for (List<EntryData> entries : List.of(List.of(new EntryData().setEntity(anna).setOps(List.of(slow, fast))),
                List.of(new EntryData().setEntity(anna).setOps(List.of(slow)), new EntryData().setEntity(anna).setOps(List.of(fast))))) {
            AlterClientQuotasResponseData answer = (AlterClientQuotasResponseData) wire.call(ApiKeys.ALTER_CLIENT_QUOTAS, 1,
                    new AlterClientQuotasRequestData().setEntries(entries));
            assertThat(answer.entries()).singleElement().satisfies(entry -> assertThat(Errors.forCode(entry.errorCode())).isEqualTo(Errors.INVALID_REQUEST));
        }
    }

    @Test
    void whatIsNoElectionIsRefused() throws Exception {
        ElectLeadersResponseData answer = (ElectLeadersResponseData) wire.call(ApiKeys.ELECT_LEADERS, 2,
                new ElectLeadersRequestData().setElectionType((byte) 7).setTopicPartitions(null));
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void aReassignmentIsToldWhetherItMayChangeTheNumberOfReplicas() throws Exception {
        for (boolean may : new boolean[] {true, false}) {
            AlterPartitionReassignmentsResponseData answer = (AlterPartitionReassignmentsResponseData) wire.call(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 1,
                    new AlterPartitionReassignmentsRequestData().setAllowReplicationFactorChange(may));
            assertThat(answer.allowReplicationFactorChange()).isEqualTo(may);
        }
    }

    @Test
    void endpointsAreOfBrokersOrOfControllersOrOfNothing() throws Exception {
        Map<Integer, Errors> expected = Map.of(1, Errors.NONE, 2, Errors.MISMATCHED_ENDPOINT_TYPE, 3, Errors.UNSUPPORTED_ENDPOINT_TYPE);
        for (Map.Entry<Integer, Errors> type : expected.entrySet()) {
            DescribeClusterResponseData answer = (DescribeClusterResponseData) wire.call(ApiKeys.DESCRIBE_CLUSTER, 2,
                    new DescribeClusterRequestData().setEndpointType(type.getKey().byteValue()));
            assertThat(Errors.forCode(answer.errorCode())).as("type %d", type.getKey()).isEqualTo(type.getValue());
        }
    }

    @Test
    void namesThatCannotBeAreNotLookedUp() throws Exception {
        DescribeTransactionsResponseData transactions = (DescribeTransactionsResponseData) wire.call(ApiKeys.DESCRIBE_TRANSACTIONS, 0,
                new DescribeTransactionsRequestData().setTransactionalIds(List.of("", "unknown")));
        assertThat(transactions.transactionStates()).extracting(state -> Errors.forCode(state.errorCode()))
                .containsExactly(Errors.INVALID_REQUEST, Errors.TRANSACTIONAL_ID_NOT_FOUND);
        DescribeProducersResponseData producers = (DescribeProducersResponseData) wire.call(ApiKeys.DESCRIBE_PRODUCERS, 0,
                new DescribeProducersRequestData().setTopics(new DescribeProducersRequestData.TopicRequestCollection(
                        List.of(new TopicRequest().setName("a b").setPartitionIndexes(List.of(0))).iterator())));
        assertThat(Errors.forCode(producers.topics().iterator().next().partitions().getFirst().errorCode())).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);
    }

    @Test
    void topicsCannotBeAskedForByIdInVersionsThatHaveNoAnswer() throws Exception {
        for (int version = 10; version <= 13; version++) {
            for (Uuid id : List.of(describe("orders").topicId(), Uuid.randomUuid())) {
                MetadataResponseData answer = (MetadataResponseData) wire.call(ApiKeys.METADATA, version, new MetadataRequestData()
                        .setAllowAutoTopicCreation(false).setTopics(List.of(new MetadataRequestTopic().setName(null).setTopicId(id))));
                Errors expected = version < 12 ? Errors.INVALID_REQUEST : id.equals(describe("orders").topicId()) ? Errors.NONE : Errors.UNKNOWN_TOPIC_ID;
                assertThat(Errors.forCode(answer.topics().iterator().next().errorCode())).as("version %d, %s", version, id).isEqualTo(expected);
            }
        }
    }

    @Test
    void theTopicOfKafkasOwnMetadataIsNotCreatedByAskingForIt() throws Exception {
        wire.call(ApiKeys.METADATA, 12, new MetadataRequestData().setAllowAutoTopicCreation(true)
                .setTopics(List.of(new MetadataRequestTopic().setName("__cluster_metadata"))));
        assertThat(Errors.forCode(describe("__cluster_metadata").errorCode())).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void whatIsNoIsolationLevelIsRefused() throws Exception {
        ListOffsetsResponseData offsets = (ListOffsetsResponseData) wire.call(ApiKeys.LIST_OFFSETS, 7, new ListOffsetsRequestData().setReplicaId(-1)
                .setIsolationLevel((byte) 7).setTopics(List.of(new ListOffsetsTopic().setName("orders").setPartitions(List.of(
                        new ListOffsetsPartition().setPartitionIndex(0).setTimestamp(-1))))));
        assertThat(Errors.forCode(offsets.topics().getFirst().partitions().getFirst().errorCode())).isEqualTo(Errors.INVALID_REQUEST);
        FetchResponseData fetched = (FetchResponseData) wire.call(ApiKeys.FETCH, 12, new FetchRequestData().setIsolationLevel((byte) -1));
        assertThat(Errors.forCode(fetched.errorCode())).isEqualTo(Errors.INVALID_REQUEST);
    }
}
