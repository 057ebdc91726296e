package io.millrace.broker.group;

import io.millrace.broker.coordinator.DurableAnswer;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.group.Membership.Committer;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;

/** Stores positions of a group. The answer waits until they are durable. */
final class OffsetCommit implements Handler {

    private final GroupCoordinator groups;

    OffsetCommit(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_COMMIT;
    }

    @Override
    public Answer handle(Call call) {
        OffsetCommitRequestData request = call.as(OffsetCommitRequest.class).data();
        // The group may have no name: that of consumers before Kafka 2.2 that were not told one, and commit all the same (KIP-289).
        Committer committer = new Committer(request.memberId(), request.groupInstanceId(), request.generationIdOrMemberEpoch());
        Shard<GroupShard> shard = groups.shards().of(request.groupId());
        OffsetCommitResponseData response = shard.run((state, journal) -> {
            Errors refused = state.membership().admit(request.groupId(), committer, false, journal);
            OffsetCommitResponseData results = new OffsetCommitResponseData();
            for (OffsetCommitRequestTopic topic : request.topics()) {
                String name = groups.topicName(call.version() >= 10, topic.topicId(), topic.name());
                OffsetCommitResponseTopic result = new OffsetCommitResponseTopic().setName(name == null ? "" : name).setTopicId(topic.topicId());
                for (OffsetCommitRequestPartition one : topic.partitions()) {
                    Errors error = refused != Errors.NONE ? refused : groups.check(name, one.partitionIndex(), one.committedMetadata());
                    if (error == Errors.NONE) {
                        state.offsets().commit(request.groupId(), new TopicPartition(name, one.partitionIndex()), new CommittedOffset(one.committedOffset(),
                                one.committedLeaderEpoch(), one.committedMetadata() == null ? "" : one.committedMetadata(), journal.now()), journal);
                    }
                    result.partitions().add(new OffsetCommitResponsePartition().setPartitionIndex(one.partitionIndex()).setErrorCode(error.code()));
                }
                results.topics().add(result);
            }
            return results;
        });
        return new DurableAnswer(shard.decided(), new OffsetCommitResponse(response));
    }
}
