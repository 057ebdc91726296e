package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import org.apache.kafka.common.message.CreateAclsResponseData.AclCreationResult;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateAclsRequest;
import org.apache.kafka.common.requests.CreateAclsResponse;

/** Refuses access rules as Kafka does that has no authorizer: nobody would keep to them. */
final class CreateAcls implements Handler {

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_ACLS;
    }

    @Override
    public Answer handle(Call call) {
        List<AclCreationResult> refused = call.as(CreateAclsRequest.class).aclCreations().stream().map(_ -> new AclCreationResult()
                .setErrorCode(Errors.SECURITY_DISABLED.code()).setErrorMessage(Errors.SECURITY_DISABLED.message())).toList();
        return Answer.now(new CreateAclsResponse(new CreateAclsResponseData().setResults(refused)));
    }
}
