package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;

/** Deletes topics by name or id. */
final class DeleteTopics implements Handler {

    private static final int FIRST_STRICT_VERSION = 5;

    private final ClusterMetadata metadata;
    private final boolean enabled;
    private final ControllerMutations mutations;

    /** @param enabled {@code delete.topic.enable} */
    DeleteTopics(ClusterMetadata metadata, boolean enabled, ControllerMutations mutations) {
        this.metadata = metadata;
        this.enabled = enabled;
        this.mutations = mutations;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_TOPICS;
    }

    @Override
    public Answer handle(Call call) {
        DeleteTopicsResponseData response = new DeleteTopicsResponseData();
        ControllerMutations.Quota quota = mutations.of(call, FIRST_STRICT_VERSION);
        for (DeleteTopicState asked : call.as(DeleteTopicsRequest.class).topics()) {
            response.responses().add(delete(call, asked, quota));
        }
        response.setThrottleTimeMs(quota.throttleMillis());
        return Answer.now(new DeleteTopicsResponse(response));
    }

    private DeletableTopicResult delete(Call call, DeleteTopicState asked, ControllerMutations.Quota quota) {
        DeletableTopicResult result = new DeletableTopicResult().setName(asked.name()).setTopicId(asked.topicId());
        try {
            if (!enabled) {
                throw (call.version() < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED).exception(
                        "topics cannot be deleted while delete.topic.enable is false; set it to true in millrace.properties and restart");
            }
            TopicImage topic = find(asked);
            if (Topic.isInternal(topic.name())) {
                throw new InvalidTopicException("topic " + topic.name() + " is internal: groups and transactions live in it");
            }
            quota.take(topic.partitions());
            metadata.deleteTopic(topic.id());
            return result.setName(topic.name()).setTopicId(topic.id());
        } catch (RuntimeException refused) {
            Errors error = Failure.of(call, asked.name() == null ? asked.topicId() : asked.name(), refused);
            return result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
        }
    }

    private TopicImage find(DeleteTopicState asked) {
        if (asked.name() != null) {
            if (!asked.topicId().equals(Uuid.ZERO_UUID)) {
                throw Errors.INVALID_REQUEST.exception("a topic is named by name or by id, not by both");
            }
            Optional<TopicImage> topic = metadata.image().topic(asked.name());
            return topic.orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + asked.name()));
        }
        return metadata.image().topic(asked.topicId()).orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + asked.topicId()));
    }
}
