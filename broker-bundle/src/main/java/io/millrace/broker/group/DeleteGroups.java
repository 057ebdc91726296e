package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DeleteGroupsResponse;

/** Deletes groups without members, with their offsets. */
final class DeleteGroups implements Handler {

    private final GroupCoordinator groups;

    DeleteGroups(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_GROUPS;
    }

    @Override
    public Answer handle(Call call) {
        DeleteGroupsResponseData response = new DeleteGroupsResponseData();
        Set<Shard<GroupShard>> changed = new HashSet<>();
        for (String id : new LinkedHashSet<>(call.as(DeleteGroupsRequest.class).data().groupsNames())) {
            Shard<GroupShard> shard = groups.shards().of(id);
            Errors error = shard.run((state, journal) -> state.delete(id, journal));
            response.results().add(new DeletableGroupResult().setGroupId(id).setErrorCode(error.code()));
            changed.add(shard);
        }
        return () -> {
            for (Shard<GroupShard> shard : changed) {
                shard.awaitDurable();
            }
            return new DeleteGroupsResponse(response);
        };
    }
}
