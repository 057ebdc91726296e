package io.millrace.broker.group;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.Operations;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsResponse;

/** Tells the state and the members of groups. */
final class DescribeGroups implements Handler {

    private final GroupCoordinator groups;

    DescribeGroups(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_GROUPS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeGroupsResponseData response = new DescribeGroupsResponseData();
        DescribeGroupsRequestData request = call.as(DescribeGroupsRequest.class).data();
        for (String id : request.groups()) {
            DescribedGroup described = groups.shards().of(id).run((state, _) -> describe(state, id, call.version()));
            if (request.includeAuthorizedOperations() && described.errorCode() == Errors.NONE.code()) {
                described.setAuthorizedOperations(Operations.GROUP);
            }
            response.groups().add(described);
        }
        return Answer.now(new DescribeGroupsResponse(response));
    }

    private static DescribedGroup describe(GroupShard state, String id, short version) {
        Group group = state.group(id);
        DescribedGroup described = new DescribedGroup().setGroupId(id).setProtocolType("").setProtocolData("");
        if (group == null) {
            if (state.exists(id)) {
                return described.setGroupState(GroupState.EMPTY.toString());
            }
            described.setGroupState("Dead");
            return version < 6 ? described
                    : described.setErrorCode(Errors.GROUP_ID_NOT_FOUND.code()).setErrorMessage("there is no group " + id);
        }
        boolean settled = group.state() == GroupState.STABLE || group.state() == GroupState.COMPLETING;
        described.setGroupState(group.state().toString()).setProtocolType(group.generation().protocolType() == null ? "" : group.generation().protocolType())
                .setProtocolData(settled && group.generation().protocol() != null ? group.generation().protocol() : "");
        for (Member member : group.members()) {
            described.members().add(new DescribedGroupMember().setMemberId(member.id()).setGroupInstanceId(member.identity().instanceId())
                    .setClientId(member.identity().clientId()).setClientHost(member.identity().clientHost())
                    .setMemberMetadata(settled ? member.metadata(group.generation().protocol()) : new byte[0])
                    .setMemberAssignment(group.state() == GroupState.STABLE ? member.assignment() : new byte[0]));
        }
        return described;
    }
}
