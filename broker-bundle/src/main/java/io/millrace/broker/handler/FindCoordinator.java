package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorResponse;

/** Tells clients which node coordinates their group or transactional id: as long as there is one node, this one. */
public final class FindCoordinator implements Handler {

    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;

    private final Node self;

    public FindCoordinator(Node self) {
        this.self = self;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public Answer handle(Call call) {
        FindCoordinatorRequestData request = call.as(FindCoordinatorRequest.class).data();
        Errors error = request.keyType() == GROUP || request.keyType() == TRANSACTION ? Errors.NONE : Errors.INVALID_REQUEST;
        Node node = error == Errors.NONE ? self : Node.noNode();
        FindCoordinatorResponseData response = new FindCoordinatorResponseData();
        if (call.version() < FindCoordinatorRequest.MIN_BATCHED_VERSION) {
            response.setErrorCode(error.code()).setErrorMessage(error.message()).setNodeId(node.id()).setHost(node.host()).setPort(node.port());
        } else {
            for (String key : request.coordinatorKeys()) {
                response.coordinators().add(new Coordinator().setKey(key).setErrorCode(error.code()).setErrorMessage(error.message())
                        .setNodeId(node.id()).setHost(node.host()).setPort(node.port()));
            }
        }
        return Answer.now(new FindCoordinatorResponse(response));
    }
}
