package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.Locale;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.ListGroupsResponse;

/** Lists the groups, those with nothing but offsets included. */
final class ListGroups implements Handler {

    private final GroupCoordinator groups;

    ListGroups(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_GROUPS;
    }

    private static final String CLASSIC = "Classic";

    @Override
    public Answer handle(Call call) {
        ListGroupsRequestData request = call.as(ListGroupsRequest.class).data();
        ListGroupsResponseData response = new ListGroupsResponseData();
        if (!request.typesFilter().isEmpty() && request.typesFilter().stream().noneMatch(CLASSIC::equalsIgnoreCase)) {
            return Answer.now(new ListGroupsResponse(response));
        }
        for (Shard<GroupShard> shard : groups.shards().all()) {
            shard.run((state, _) -> {
                for (String id : state.groupIds()) {
                    Group group = state.group(id);
                    String is = (group == null ? GroupState.EMPTY : group.state()).toString();
                    if (request.statesFilter().isEmpty() || request.statesFilter().stream().anyMatch(is::equalsIgnoreCase)) {
                        response.groups().add(new ListedGroup().setGroupId(id).setGroupState(is).setGroupType(CLASSIC.toLowerCase(Locale.ROOT))
                                .setProtocolType(group == null || group.generation().protocolType() == null ? "" : group.generation().protocolType()));
                    }
                }
                return null;
            });
        }
        return Answer.now(new ListGroupsResponse(response));
    }
}
