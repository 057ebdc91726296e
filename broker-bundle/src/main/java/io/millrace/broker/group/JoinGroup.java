package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;

/** Lets a member into its group. The answer waits until the rebalance has everybody. */
final class JoinGroup implements Handler {

    private final GroupCoordinator groups;

    JoinGroup(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.JOIN_GROUP;
    }

    @Override
    public Answer handle(Call call) {
        JoinGroupRequestData request = call.as(JoinGroupRequest.class).data();
        Shard<GroupShard> shard = groups.shards().of(request.groupId());
        CompletableFuture<JoinGroupResponseData> answer = shard.run((state, journal) -> state.membership().join(request, call.version(),
                call.header().clientId() == null ? "" : call.header().clientId(), "/" + call.client().getHostAddress(), journal));
        return new Answer() {
            @Override
            public AbstractResponse await() throws InterruptedException {
                return new JoinGroupResponse(shard.await(answer), call.version());
            }

            @Override
            public void cancel() {
                shard.run((state, journal) -> {
                    state.membership().abandonJoin(request.groupId(), answer, journal);
                    return null;
                });
            }
        };
    }
}
