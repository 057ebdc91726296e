package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeUserScramCredentialsRequest;
import org.apache.kafka.common.requests.DescribeUserScramCredentialsResponse;

/** Shows that there are no credentials, as there is no authentication: kafka-configs asks for them with every look at users' quotas. */
final class DescribeUserScramCredentials implements Handler {

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS;
    }

    @Override
    public Answer handle(Call call) {
        List<UserName> asked = call.as(DescribeUserScramCredentialsRequest.class).data().users();
        Map<String, Integer> times = new LinkedHashMap<>();
        if (asked != null) {
            asked.forEach(user -> times.merge(user.name(), 1, Integer::sum));
        }
        DescribeUserScramCredentialsResponseData response = new DescribeUserScramCredentialsResponseData();
        times.forEach((user, count) -> response.results().add(count > 1
                ? result(user, Errors.DUPLICATE_RESOURCE, "Cannot describe SCRAM credentials for the same user twice in a single request: " + user)
                : result(user, Errors.RESOURCE_NOT_FOUND, "Attempt to describe a user credential that does not exist: " + user)));
        return Answer.now(new DescribeUserScramCredentialsResponse(response));
    }

    private static DescribeUserScramCredentialsResult result(String user, Errors error, String message) {
        return new DescribeUserScramCredentialsResult().setUser(user).setErrorCode(error.code()).setErrorMessage(message);
    }
}
