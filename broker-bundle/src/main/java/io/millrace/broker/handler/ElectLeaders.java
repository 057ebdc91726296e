package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;

/** Elects leaders on demand (KIP-460). The only replica of a partition leads it, or nobody can. */
final class ElectLeaders implements Handler {

    private final ClusterMetadata metadata;

    ElectLeaders(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ELECT_LEADERS;
    }

    @Override
    public Answer handle(Call call) {
        ElectLeadersRequest request = call.as(ElectLeadersRequest.class);
        ElectionType type = type(call, request);
        List<ReplicaElectionResult> results = new ArrayList<>();
        if (request.data().topicPartitions() == null) {
            for (TopicImage topic : metadata.image().topics()) {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(topic.name());
                for (int index = 0; index < topic.partitions(); index++) {
                    PartitionResult partition = elect(topic.name(), index, type);
                    // Who asks for all wants to hear of those where there was something to do.
                    if (partition.errorCode() != Errors.ELECTION_NOT_NEEDED.code()) {
                        result.partitionResult().add(partition);
                    }
                }
                if (!result.partitionResult().isEmpty()) {
                    results.add(result);
                }
            }
        } else {
            for (TopicPartitions asked : request.data().topicPartitions()) {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(asked.topic());
                asked.partitions().forEach(index -> result.partitionResult().add(elect(asked.topic(), index, type)));
                results.add(result);
            }
        }
        return Answer.now(new ElectLeadersResponse(0, Errors.NONE.code(), results, call.version()));
    }

    private static ElectionType type(Call call, ElectLeadersRequest request) {
        try {
            return call.version() == 0 ? ElectionType.PREFERRED : ElectionType.valueOf(request.data().electionType());
        } catch (IllegalArgumentException _) {
            throw new InvalidRequestException("election type " + request.data().electionType() + " is unknown; known are 0, preferred, and 1, unclean");
        }
    }

    private PartitionResult elect(String topic, int index, ElectionType type) {
        PartitionResult result = new PartitionResult().setPartitionId(index);
        TopicPartition partition = new TopicPartition(topic, index);
        if (metadata.image().topic(topic).filter(there -> index >= 0 && index < there.partitions()).isEmpty()) {
            return result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code()).setErrorMessage("there is no partition " + partition);
        }
        Errors error = metadata.isOnline(partition) ? Errors.ELECTION_NOT_NEEDED
                : type == ElectionType.PREFERRED ? Errors.PREFERRED_LEADER_NOT_AVAILABLE : Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE;
        return result.setErrorCode(error.code()).setErrorMessage(error.message());
    }
}
