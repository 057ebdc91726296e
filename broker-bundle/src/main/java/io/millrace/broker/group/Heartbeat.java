package io.millrace.broker.group;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.HeartbeatResponse;

/** A member is alive, and learns of rebalances. */
final class Heartbeat implements Handler {

    private final GroupCoordinator groups;

    Heartbeat(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.HEARTBEAT;
    }

    @Override
    public Answer handle(Call call) {
        HeartbeatRequestData request = call.as(HeartbeatRequest.class).data();
        Errors error = groups.shards().of(request.groupId()).run((state, journal) -> state.membership().heartbeat(request, journal));
        return Answer.now(new HeartbeatResponse(new HeartbeatResponseData().setErrorCode(error.code())));
    }
}
