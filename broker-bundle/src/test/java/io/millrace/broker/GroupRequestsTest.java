package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Groups without a name, and what is refused of members before they are looked for; the codes are those of a Kafka broker. */
@Timeout(60)
class GroupRequestsTest {

    @TempDir
    Path data;
    private BrokerServer broker;
    private WireClient wire;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
        new TestClients(broker).createTopic("orders", 1, Map.of());
        wire = new WireClient(broker.bootstrapServers());
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        broker.close();
    }

    private Errors commit(int version, String group, long offset) throws IOException {
        OffsetCommitResponseData answer = (OffsetCommitResponseData) wire.call(ApiKeys.OFFSET_COMMIT, version, new OffsetCommitRequestData().setGroupId(group)
                .setTopics(List.of(new OffsetCommitRequestTopic().setName("orders").setPartitions(List.of(
                        new OffsetCommitRequestPartition().setPartitionIndex(0).setCommittedOffset(offset).setCommittedMetadata(""))))));
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    private long committed(String group) throws IOException {
        OffsetFetchResponseData answer = (OffsetFetchResponseData) wire.call(ApiKeys.OFFSET_FETCH, 3, new OffsetFetchRequestData().setGroupId(group)
                .setTopics(List.of(new OffsetFetchRequestTopic().setName("orders").setPartitionIndexes(List.of(0)))));
        return answer.topics().getFirst().partitions().getFirst().committedOffset();
    }

    @Test
    void consumersOfOldThatHaveNoGroupCommitAllTheSame() throws Exception {
        for (int version = 2; version <= 9; version++) {
            assertThat(commit(version, "", version)).as("version %d", version).isEqualTo(Errors.NONE);
            assertThat(committed("")).isEqualTo(version);
        }
        wire.close();
        broker.close();
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
        wire = new WireClient(broker.bootstrapServers());
        assertThat(committed("")).isEqualTo(9);
    }

    @Test
    void nobodyIsAMemberOfAGroupWithoutAName() throws Exception {
        HeartbeatResponseData alive = (HeartbeatResponseData) wire.call(ApiKeys.HEARTBEAT, 4, new HeartbeatRequestData().setMemberId("m"));
        assertThat(Errors.forCode(alive.errorCode())).isEqualTo(Errors.INVALID_GROUP_ID);
        SyncGroupResponseData synced = (SyncGroupResponseData) wire.call(ApiKeys.SYNC_GROUP, 4, new SyncGroupRequestData().setMemberId("m"));
        assertThat(Errors.forCode(synced.errorCode())).isEqualTo(Errors.INVALID_GROUP_ID);
        LeaveGroupResponseData left = (LeaveGroupResponseData) wire.call(ApiKeys.LEAVE_GROUP, 5, new LeaveGroupRequestData());
        assertThat(Errors.forCode(left.errorCode())).isEqualTo(Errors.INVALID_GROUP_ID);
        OffsetDeleteResponseData deleted = (OffsetDeleteResponseData) wire.call(ApiKeys.OFFSET_DELETE, 0, new OffsetDeleteRequestData());
        assertThat(Errors.forCode(deleted.errorCode())).isEqualTo(Errors.INVALID_GROUP_ID);
    }

    @Test
    void aMemberThatDoesNotSayOfWhichProtocolItIsGetsNoAssignment() throws Exception {
        SyncGroupResponseData answer = (SyncGroupResponseData) wire.call(ApiKeys.SYNC_GROUP, 5, new SyncGroupRequestData().setGroupId("readers").setMemberId("m"));
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
    }

    @Test
    void offsetsOfPartitionsThatAreNotThereCannotBeDeleted() throws Exception {
        commit(8, "readers", 5);
        OffsetDeleteRequestTopicCollection topics = new OffsetDeleteRequestTopicCollection();
        topics.add(new OffsetDeleteRequestTopic().setName("orders").setPartitions(List.of(
                new OffsetDeleteRequestPartition().setPartitionIndex(9), new OffsetDeleteRequestPartition().setPartitionIndex(0))));
        OffsetDeleteResponseData answer = (OffsetDeleteResponseData) wire.call(ApiKeys.OFFSET_DELETE, 0,
                new OffsetDeleteRequestData().setGroupId("readers").setTopics(topics));
        assertThat(answer.topics().find("orders").partitions()).extracting(OffsetDeleteResponsePartition::errorCode)
                .containsExactlyInAnyOrder(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), Errors.NONE.code());
        assertThat(committed("readers")).isEqualTo(-1);
    }
}
