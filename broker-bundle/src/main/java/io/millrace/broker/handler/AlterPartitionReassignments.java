package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;

/** Accepts the one assignment that a single node can have, with which tools begin a move between log folders. */
final class AlterPartitionReassignments implements Handler {

    private final ClusterMetadata metadata;

    AlterPartitionReassignments(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public Answer handle(Call call) {
        AlterPartitionReassignmentsRequestData request = call.as(AlterPartitionReassignmentsRequest.class).data();
        AlterPartitionReassignmentsResponseData response = new AlterPartitionReassignmentsResponseData()
                .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        for (ReassignableTopic topic : request.topics()) {
            ReassignableTopicResponse answered = new ReassignableTopicResponse().setName(topic.name());
            for (ReassignablePartition partition : topic.partitions()) {
                answered.partitions().add(reassign(topic.name(), partition));
            }
            response.responses().add(answered);
        }
        return Answer.now(new AlterPartitionReassignmentsResponse(response));
    }

    private ReassignablePartitionResponse reassign(String topic, ReassignablePartition partition) {
        ReassignablePartitionResponse answer = new ReassignablePartitionResponse().setPartitionIndex(partition.partitionIndex());
        Optional<TopicImage> image = metadata.image().topic(topic);
        if (image.isEmpty() || partition.partitionIndex() < 0 || partition.partitionIndex() >= image.get().partitions()) {
            return answer.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code()).setErrorMessage("there is no partition " + topic + "-" + partition.partitionIndex());
        }
        if (partition.replicas() == null) {
            return answer.setErrorCode(Errors.NO_REASSIGNMENT_IN_PROGRESS.code()).setErrorMessage(Errors.NO_REASSIGNMENT_IN_PROGRESS.message());
        }
        int self = metadata.self().id();
        if (!partition.replicas().equals(List.of(self))) {
            return answer.setErrorCode(Errors.INVALID_REPLICA_ASSIGNMENT.code())
                    .setErrorMessage("replicas " + partition.replicas() + " are not possible: the only node is " + self);
        }
        return answer;
    }
}
