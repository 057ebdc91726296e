package io.millrace.broker.group;

import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.OffsetDeleteRequest;
import org.apache.kafka.common.requests.OffsetDeleteResponse;

/** Deletes offsets of a group, except of topics that its members read. */
final class OffsetDelete implements Handler {

    private final GroupCoordinator groups;

    OffsetDelete(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_DELETE;
    }

    @Override
    public Answer handle(Call call) {
        OffsetDeleteRequestData request = call.as(OffsetDeleteRequest.class).data();
        if (request.groupId().isEmpty()) {
            throw Errors.INVALID_GROUP_ID.exception();
        }
        Shard<GroupShard> shard = groups.shards().of(request.groupId());
        OffsetDeleteResponseData response = shard.run((state, journal) -> delete(state, request, journal));
        return () -> {
            shard.awaitDurable();
            return new OffsetDeleteResponse(response);
        };
    }

    private OffsetDeleteResponseData delete(GroupShard state, OffsetDeleteRequestData request, Journal journal) {
        OffsetDeleteResponseData response = new OffsetDeleteResponseData();
        if (!state.exists(request.groupId())) {
            return response.setErrorCode(Errors.GROUP_ID_NOT_FOUND.code());
        }
        Group group = state.group(request.groupId());
        if (group != null && !group.isUnused() && !group.generation().isOfConsumers()) {
            return response.setErrorCode(Errors.NON_EMPTY_GROUP.code());
        }
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            OffsetDeleteResponseTopic result = new OffsetDeleteResponseTopic().setName(topic.name());
            for (OffsetDeleteRequestPartition partition : topic.partitions()) {
                Errors unknown = groups.check(topic.name(), partition.partitionIndex(), null);
                Errors error = unknown == Errors.NONE ? state.checkRemoval(request.groupId(), topic.name()) : unknown;
                if (error == Errors.NONE) {
                    state.offsets().remove(request.groupId(), new TopicPartition(topic.name(), partition.partitionIndex()), journal);
                }
                result.partitions().add(new OffsetDeleteResponsePartition().setPartitionIndex(partition.partitionIndex()).setErrorCode(error.code()));
            }
            response.topics().add(result);
        }
        return response;
    }
}
