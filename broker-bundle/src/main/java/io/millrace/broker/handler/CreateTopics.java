package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;

/** Creates topics; on return they are durable and can be written to. */
final class CreateTopics implements Handler {

    private static final short ONE_REPLICA = 1;
    private static final int FIRST_STRICT_VERSION = 6;

    private final ClusterMetadata metadata;
    private final int defaultPartitions;
    private final ControllerMutations mutations;

    CreateTopics(ClusterMetadata metadata, int defaultPartitions, ControllerMutations mutations) {
        this.metadata = metadata;
        this.defaultPartitions = defaultPartitions;
        this.mutations = mutations;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public Answer handle(Call call) {
        CreateTopicsRequestData request = call.as(CreateTopicsRequest.class).data();
        CreateTopicsResponseData response = new CreateTopicsResponseData();
        ControllerMutations.Quota quota = mutations.of(call, FIRST_STRICT_VERSION);
        Set<String> seen = new HashSet<>();
        for (CreatableTopic asked : request.topics()) {
            if (seen.add(asked.name())) {
                response.topics().add(create(call, asked, request.topics().findAll(asked.name()).size() > 1, request.validateOnly(), quota));
            }
        }
        response.setThrottleTimeMs(quota.throttleMillis());
        return Answer.now(new CreateTopicsResponse(response));
    }

    private CreatableTopicResult create(Call call, CreatableTopic asked, boolean twice, boolean validateOnly, ControllerMutations.Quota quota) {
        CreatableTopicResult result = new CreatableTopicResult().setName(asked.name());
        try {
            if (twice) {
                throw Errors.INVALID_REQUEST.exception("topic " + asked.name() + " occurs twice in the request");
            }
            if (asked.name().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
                throw Errors.INVALID_REQUEST.exception("Creation of internal topic " + asked.name() + " is prohibited.");
            }
            int partitions = partitions(asked);
            metadata.checkNew(asked.name(), partitions);
            Map<String, String> config = metadata.checkConfig(config(asked));
            quota.take(partitions);
            if (!validateOnly) {
                TopicImage topic = metadata.createTopic(asked.name(), partitions, config);
                result.setTopicId(topic.id());
            }
            result.setNumPartitions(partitions).setReplicationFactor(ONE_REPLICA);
            ConfigView.ofTopic(config, metadata.settings()).forEach(value -> result.configs().add(new CreatableTopicConfigs().setName(value.name()).setValue(value.value())
                    .setConfigSource(value.source().id()).setReadOnly(false).setIsSensitive(false)));
            return result;
        } catch (RuntimeException refused) {
            Errors error = Failure.of(call, asked.name(), refused);
            return result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
        }
    }

    private int partitions(CreatableTopic asked) {
        if (asked.assignments().isEmpty()) {
            if (asked.replicationFactor() == 0 || asked.replicationFactor() < CreateTopicsRequest.NO_REPLICATION_FACTOR) {
                throw new InvalidReplicationFactorException("topic " + asked.name() + ": replication factor " + asked.replicationFactor()
                        + "; it must be larger than 0, or -1 for the default");
            }
            if (asked.replicationFactor() != CreateTopicsRequest.NO_REPLICATION_FACTOR && asked.replicationFactor() != ONE_REPLICA) {
                throw new InvalidReplicationFactorException("topic " + asked.name() + ": replication factor " + asked.replicationFactor()
                        + "; this cluster has 1 node, so it can only be 1");
            }
            return asked.numPartitions() == CreateTopicsRequest.NO_NUM_PARTITIONS ? defaultPartitions : asked.numPartitions();
        }
        if (asked.numPartitions() != CreateTopicsRequest.NO_NUM_PARTITIONS || asked.replicationFactor() != CreateTopicsRequest.NO_REPLICATION_FACTOR) {
            throw Errors.INVALID_REQUEST.exception("topic " + asked.name() + ": with an assignment, partitions and replication factor must be -1");
        }
        for (int index = 0; index < asked.assignments().size(); index++) {
            CreatableReplicaAssignment assignment = asked.assignments().find(index);
            if (assignment == null) {
                throw new InvalidReplicaAssignmentException("topic " + asked.name() + ": partitions must be numbered from 0 without a gap; there is none of number "
                        + index);
            }
            Assignments.check("topic " + asked.name() + ", partition " + index, assignment.brokerIds(), metadata.self().id());
        }
        return asked.assignments().size();
    }

    private static Map<String, String> config(CreatableTopic asked) {
        Map<String, String> config = new HashMap<>();
        for (CreatableTopicConfig property : asked.configs()) {
            if (property.value() == null) {
                throw new InvalidConfigurationException("topic " + asked.name() + ": " + property.name() + " has no value");
            }
            config.put(property.name(), property.value());
        }
        return config;
    }
}
