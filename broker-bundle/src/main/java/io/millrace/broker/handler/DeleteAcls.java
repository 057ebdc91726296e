package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsFilterResult;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteAclsRequest;
import org.apache.kafka.common.requests.DeleteAclsResponse;

/** Refuses to delete access rules as Kafka does that has no authorizer: there are none. */
final class DeleteAcls implements Handler {

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_ACLS;
    }

    @Override
    public Answer handle(Call call) {
        List<DeleteAclsFilterResult> refused = call.as(DeleteAclsRequest.class).filters().stream().map(_ -> new DeleteAclsFilterResult()
                .setErrorCode(Errors.SECURITY_DISABLED.code()).setErrorMessage(Errors.SECURITY_DISABLED.message())).toList();
        return Answer.now(new DeleteAclsResponse(new DeleteAclsResponseData().setFilterResults(refused), call.version()));
    }
}
