package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;

/** Members leave their group. */
final class LeaveGroup implements Handler {

    private final GroupCoordinator groups;

    LeaveGroup(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LEAVE_GROUP;
    }

    @Override
    public Answer handle(Call call) {
        LeaveGroupRequest request = call.as(LeaveGroupRequest.class);
        String group = request.data().groupId();
        if (group.isEmpty()) {
            throw Errors.INVALID_GROUP_ID.exception();
        }
        Shard<GroupShard> shard = groups.shards().of(group);
        List<MemberResponse> results = shard.run((state, journal) -> {
            List<MemberResponse> all = new ArrayList<>();
            for (MemberIdentity member : request.members()) {
                all.add(new MemberResponse().setMemberId(member.memberId()).setGroupInstanceId(member.groupInstanceId())
                        .setErrorCode(state.membership().leave(group, member, journal).code()));
            }
            return all;
        });
        return () -> {
            shard.awaitDurable();
            return new LeaveGroupResponse(results, Errors.NONE, 0, call.version());
        };
    }
}
