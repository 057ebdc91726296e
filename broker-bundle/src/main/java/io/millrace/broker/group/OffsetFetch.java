package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/** Tells the positions of groups. */
final class OffsetFetch implements Handler {

    private final GroupCoordinator groups;

    OffsetFetch(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_FETCH;
    }

    private static final long NONE = OffsetFetchResponse.INVALID_OFFSET;

    @Override
    public Answer handle(Call call) {
        OffsetFetchRequest request = call.as(OffsetFetchRequest.class);
        List<Shard<GroupShard>> read = new ArrayList<>();
        OffsetFetchResponseData response = new OffsetFetchResponseData();
        for (OffsetFetchRequestGroup asked : request.groups()) {
            Shard<GroupShard> shard = groups.shards().of(asked.groupId());
            read.add(shard);
            response.groups().add(shard.run((state, _) -> fetch(state, asked, request.requireStable(), call.version())));
        }
        return () -> {
            // What is told must not be lost afterwards.
            for (Shard<GroupShard> shard : read) {
                shard.awaitDurable();
            }
            return response(response, call.version());
        };
    }

    private OffsetFetchResponseGroup fetch(GroupShard state, OffsetFetchRequestGroup asked, boolean requireStable, short version) {
        OffsetFetchResponseGroup result = new OffsetFetchResponseGroup().setGroupId(asked.groupId());
        Map<TopicPartition, CommittedOffset> offsets = state.offsets().of(asked.groupId());
        if (asked.topics() == null) {
            Map<String, OffsetFetchResponseTopics> topics = new TreeMap<>();
            offsets.keySet().forEach(partition -> topics
                    .computeIfAbsent(partition.topic(), name -> new OffsetFetchResponseTopics().setName(name).setTopicId(groups.topicId(partition)))
                    .partitions().add(position(state, asked.groupId(), partition, offsets, requireStable)));
            return result.setTopics(new ArrayList<>(topics.values()));
        }
        for (OffsetFetchRequestTopics topic : asked.topics()) {
            String name = groups.topicName(version >= 10, topic.topicId(), topic.name());
            OffsetFetchResponseTopics positions = new OffsetFetchResponseTopics().setName(name == null ? "" : name).setTopicId(topic.topicId());
            for (int index : topic.partitionIndexes()) {
                positions.partitions().add(name == null ? none(index).setErrorCode(Errors.UNKNOWN_TOPIC_ID.code())
                        : position(state, asked.groupId(), new TopicPartition(name, index), offsets, requireStable));
            }
            result.topics().add(positions);
        }
        return result;
    }

    private static OffsetFetchResponsePartitions position(GroupShard state, String group, TopicPartition partition,
            Map<TopicPartition, CommittedOffset> offsets, boolean requireStable) {
        if (requireStable && state.offsets().isUnstable(group, partition)) {
            return none(partition.partition()).setErrorCode(Errors.UNSTABLE_OFFSET_COMMIT.code());
        }
        CommittedOffset committed = offsets.get(partition);
        return committed == null ? none(partition.partition()) : new OffsetFetchResponsePartitions().setPartitionIndex(partition.partition())
                .setCommittedOffset(committed.offset()).setCommittedLeaderEpoch(committed.leaderEpoch()).setMetadata(committed.metadata());
    }

    private static OffsetFetchResponsePartitions none(int index) {
        return new OffsetFetchResponsePartitions().setPartitionIndex(index).setCommittedOffset(NONE).setMetadata("");
    }

    /** Before version 8 a request is about one group, and the response has other fields. */
    private static OffsetFetchResponse response(OffsetFetchResponseData batched, short version) {
        if (version >= OffsetFetchRequest.BATCH_MIN_VERSION) {
            return new OffsetFetchResponse(batched, version);
        }
        OffsetFetchResponseData single = new OffsetFetchResponseData();
        for (OffsetFetchResponseTopics topic : batched.groups().getFirst().topics()) {
            OffsetFetchResponseTopic one = new OffsetFetchResponseTopic().setName(topic.name());
            topic.partitions().forEach(partition -> one.partitions().add(new OffsetFetchResponsePartition().setPartitionIndex(partition.partitionIndex())
                    .setCommittedOffset(partition.committedOffset()).setCommittedLeaderEpoch(partition.committedLeaderEpoch())
                    .setMetadata(partition.metadata()).setErrorCode(partition.errorCode())));
            single.topics().add(one);
        }
        return new OffsetFetchResponse(single, version);
    }
}
