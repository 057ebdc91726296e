package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;

/** Adds partitions to topics. */
final class CreatePartitions implements Handler {

    private static final int FIRST_STRICT_VERSION = 3;

    private final ClusterMetadata metadata;
    private final ControllerMutations mutations;

    CreatePartitions(ClusterMetadata metadata, ControllerMutations mutations) {
        this.metadata = metadata;
        this.mutations = mutations;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public Answer handle(Call call) {
        CreatePartitionsRequestData request = call.as(CreatePartitionsRequest.class).data();
        CreatePartitionsResponseData response = new CreatePartitionsResponseData();
        ControllerMutations.Quota quota = mutations.of(call, FIRST_STRICT_VERSION);
        Set<String> repeated = Repeated.in(request.topics().stream().map(CreatePartitionsTopic::name));
        Set<String> seen = new HashSet<>();
        for (CreatePartitionsTopic asked : request.topics()) {
            if (!seen.add(asked.name())) {
                continue;
            }
            CreatePartitionsTopicResult result = new CreatePartitionsTopicResult().setName(asked.name());
            response.results().add(result);
            try {
                if (repeated.contains(asked.name())) {
                    throw Errors.INVALID_REQUEST.exception("topic " + asked.name() + " occurs twice in the request");
                }
                create(asked, request.validateOnly(), quota);
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.name(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        response.setThrottleTimeMs(quota.throttleMillis());
        return Answer.now(new CreatePartitionsResponse(response));
    }

    private void create(CreatePartitionsTopic asked, boolean validateOnly, ControllerMutations.Quota quota) {
        TopicImage topic = metadata.image().topic(asked.name())
                .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + asked.name()));
        metadata.checkPartitions(topic, asked.count());
        if (asked.assignments() != null) {
            if (asked.assignments().size() != asked.count() - topic.partitions()) {
                throw new InvalidReplicaAssignmentException("topic " + asked.name() + ": there are " + asked.assignments().size() + " assignments for "
                        + (asked.count() - topic.partitions()) + " new partitions");
            }
            asked.assignments().forEach(assignment -> Assignments.check("topic " + asked.name() + ", new partitions", assignment.brokerIds(), metadata.self().id()));
        }
        quota.take(asked.count() - topic.partitions());
        if (!validateOnly) {
            metadata.addPartitions(topic.id(), asked.count());
        }
    }
}
