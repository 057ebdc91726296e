package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
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
        List<DeleteTopicState> topics = call.as(DeleteTopicsRequest.class).topics();
        Map<DeleteTopicState, Object> named = new IdentityHashMap<>();
        topics.forEach(asked -> named.put(asked, named(asked)));
        Set<Object> repeated = Repeated.in(topics.stream().map(named::get));
        Set<Object> seen = new HashSet<>();
        for (DeleteTopicState asked : topics) {
            if (seen.add(named.get(asked))) {
                response.responses().add(delete(call, asked, repeated.contains(named.get(asked)), quota));
            }
        }
        response.setThrottleTimeMs(quota.throttleMillis());
        return Answer.now(new DeleteTopicsResponse(response));
    }

    /** The topic's name, or the id of one that is not there. */
    private Object named(DeleteTopicState asked) {
        if (asked.name() != null) {
            return asked.name();
        }
        return metadata.image().topic(asked.topicId()).<Object>map(TopicImage::name).orElse(asked.topicId());
    }

    private DeletableTopicResult delete(Call call, DeleteTopicState asked, boolean twice, ControllerMutations.Quota quota) {
        DeletableTopicResult result = new DeletableTopicResult().setName(asked.name()).setTopicId(asked.topicId());
        try {
            if (!enabled) {
                throw (call.version() < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED).exception(
                        "topics cannot be deleted while delete.topic.enable is false; set it to true in millrace.properties and restart");
            }
            if (twice) {
                throw Errors.INVALID_REQUEST.exception("topic " + named(asked) + " occurs twice in the request");
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
        if (asked.topicId().equals(Uuid.ZERO_UUID)) {
            throw Errors.INVALID_REQUEST.exception("a topic is named by name or by id; there is neither");
        }
        return metadata.image().topic(asked.topicId()).orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + asked.topicId()));
    }
}
