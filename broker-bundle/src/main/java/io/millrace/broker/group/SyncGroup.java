package io.millrace.broker.group;

import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.common.requests.SyncGroupResponse;

/** Gives a member its assignment. The answer waits until the leader sent it. */
final class SyncGroup implements Handler {

    private final GroupCoordinator groups;

    SyncGroup(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.SYNC_GROUP;
    }

    @Override
    public Answer handle(Call call) {
        SyncGroupRequest asked = call.as(SyncGroupRequest.class);
        SyncGroupRequestData request = asked.data();
        if (!asked.areMandatoryProtocolTypeAndNamePresent()) {
            throw Errors.INCONSISTENT_GROUP_PROTOCOL.exception("from version 5 on a member says of which protocol it is");
        }
        Shard<GroupShard> shard = groups.shards().of(request.groupId());
        CompletableFuture<SyncGroupResponseData> answer = shard.run((state, journal) -> state.membership().sync(request, journal));
        return new Answer() {
            @Override
            public AbstractResponse await() throws InterruptedException {
                return new SyncGroupResponse(shard.await(answer));
            }

            @Override
            public void cancel() {
                answer.complete(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()));
            }
        };
    }
}
