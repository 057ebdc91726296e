package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeAclsResponse;

/** Shows access rules, of which there are none: without authentication nobody could be told from another. */
final class DescribeAcls implements Handler {

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_ACLS;
    }

    @Override
    public Answer handle(Call call) {
        return Answer.now(new DescribeAclsResponse(new DescribeAclsResponseData().setErrorCode(Errors.SECURITY_DISABLED.code())
                .setErrorMessage(Errors.SECURITY_DISABLED.message()), call.version()));
    }
}
