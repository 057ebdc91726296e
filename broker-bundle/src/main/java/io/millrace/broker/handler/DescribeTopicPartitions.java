package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.Operations;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTopicPartitionsRequest;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.MetadataResponse;

/** Describes topics page by page, in the order of their names (KIP-966). */
final class DescribeTopicPartitions implements Handler {

    private static final int MAX_PARTITIONS = 2000;

    private final ClusterMetadata metadata;

    DescribeTopicPartitions(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeTopicPartitionsRequestData request = call.as(DescribeTopicPartitionsRequest.class).data();
        ClusterImage image = metadata.image();
        TreeSet<String> names = new TreeSet<>();
        if (request.topics().isEmpty()) {
            image.topics().forEach(topic -> names.add(topic.name()));
        } else {
            request.topics().stream().map(TopicRequest::name).forEach(names::add);
        }
        int firstPartition = 0;
        String firstTopic = "";
        if (request.cursor() != null) {
            firstTopic = request.cursor().topicName();
            firstPartition = request.cursor().partitionIndex();
            if (firstPartition < 0) {
                throw new InvalidRequestException("the cursor's partition is " + firstPartition);
            }
        }
        int left = Math.clamp(request.responsePartitionLimit(), 1, MAX_PARTITIONS);
        DescribeTopicPartitionsResponseData response = new DescribeTopicPartitionsResponseData();
        for (String name : names.tailSet(firstTopic)) {
            int from = name.equals(firstTopic) ? firstPartition : 0;
            if (left == 0) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(from));
                break;
            }
            Optional<TopicImage> topic = image.topic(name);
            if (topic.isEmpty()) {
                Errors error = Topic.isValid(name) ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION;
                response.topics().add(new DescribeTopicPartitionsResponseTopic().setName(name).setErrorCode(error.code()));
                continue;
            }
            int to = (int) Math.min(topic.get().partitions(), from + (long) left);
            response.topics().add(describe(topic.get(), from, to));
            left -= Math.max(0, to - from);
            if (to < topic.get().partitions()) {
                response.setNextCursor(new Cursor().setTopicName(name).setPartitionIndex(to));
                break;
            }
        }
        return Answer.now(new DescribeTopicPartitionsResponse(response));
    }

    private DescribeTopicPartitionsResponseTopic describe(TopicImage topic, int from, int to) {
        DescribeTopicPartitionsResponseTopic described = new DescribeTopicPartitionsResponseTopic().setName(topic.name()).setTopicId(topic.id())
                .setIsInternal(Topic.isInternal(topic.name())).setTopicAuthorizedOperations(Operations.TOPIC);
        List<Integer> replicas = List.of(metadata.self().id());
        for (int index = from; index < to; index++) {
            DescribeTopicPartitionsResponsePartition partition = new DescribeTopicPartitionsResponsePartition().setPartitionIndex(index)
                    .setLeaderId(metadata.self().id()).setLeaderEpoch(metadata.leaderEpoch(topic, index)).setReplicaNodes(replicas).setIsrNodes(replicas)
                    .setEligibleLeaderReplicas(List.of()).setLastKnownElr(List.of());
            if (!metadata.isOnline(new TopicPartition(topic.name(), index))) {
                partition.setErrorCode(Errors.LEADER_NOT_AVAILABLE.code()).setLeaderId(MetadataResponse.NO_LEADER_ID).setOfflineReplicas(replicas);
            }
            described.partitions().add(partition);
        }
        return described;
    }
}
