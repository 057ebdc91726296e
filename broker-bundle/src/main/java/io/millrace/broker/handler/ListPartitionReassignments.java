package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;

/** With one node no partition is on its way to another. */
final class ListPartitionReassignments implements Handler {

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public Answer handle(Call call) {
        return Answer.now(new ListPartitionReassignmentsResponse(new ListPartitionReassignmentsResponseData()));
    }
}
