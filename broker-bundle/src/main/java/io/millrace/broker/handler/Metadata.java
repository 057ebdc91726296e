package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.Operations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;

/** Tells of nodes, topics and leaders; creates a topic that a client asks for, where that is allowed. */
final class Metadata implements Handler {

    /** Versions 10 and 11 have the field, and no answer for a topic whose name is not known. */
    private static final int FIRST_VERSION_BY_ID = 12;

    private final ClusterMetadata metadata;
    private final boolean autoCreate;
    private final int defaultPartitions;

    /** @param autoCreate {@code auto.create.topics.enable} */
    Metadata(ClusterMetadata metadata, boolean autoCreate, int defaultPartitions) {
        this.metadata = metadata;
        this.autoCreate = autoCreate;
        this.defaultPartitions = defaultPartitions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.METADATA;
    }

    @Override
    public Answer handle(Call call) {
        MetadataRequest request = call.as(MetadataRequest.class);
        if (call.version() < FIRST_VERSION_BY_ID && !request.isAllTopics() && request.data().topics().stream().anyMatch(Metadata::isById)) {
            throw new InvalidRequestException("topics are asked for by id from version " + FIRST_VERSION_BY_ID + " on, this is version " + call.version());
        }
        MetadataResponseData response = new MetadataResponseData()
                .setClusterId(metadata.clusterId())
                .setControllerId(metadata.self().id());
        response.brokers().add(new MetadataResponseBroker().setNodeId(metadata.self().id()).setHost(metadata.self().host()).setPort(metadata.self().port()));
        if (request.data().includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(Operations.CLUSTER);
        }
        boolean operations = request.data().includeTopicAuthorizedOperations();
        ClusterImage image = metadata.image();
        if (request.isAllTopics()) {
            for (TopicImage topic : image.topics()) {
                response.topics().add(describe(topic, operations));
            }
        } else {
            for (MetadataRequestTopic asked : request.data().topics()) {
                if (isById(asked) || response.topics().find(asked.name()) == null) {
                    response.topics().add(one(call, asked, request.allowAutoTopicCreation() && autoCreate, operations));
                }
            }
        }
        return Answer.now(new MetadataResponse(response, call.version()));
    }

    /** Kafka's Admin leaves the name empty then, others leave it out. */
    private static boolean isById(MetadataRequestTopic asked) {
        return asked.name() == null || !asked.topicId().equals(Uuid.ZERO_UUID);
    }

    private MetadataResponseTopic one(Call call, MetadataRequestTopic asked, boolean create, boolean operations) {
        try {
            if (isById(asked)) {
                return describe(metadata.image().topic(asked.topicId()).orElseThrow(unknown(asked.topicId())), operations);
            }
            Topic.validate(asked.name());
            Optional<TopicImage> there = metadata.image().topic(asked.name());
            TopicImage topic = there.isPresent() ? there.get() : create ? create(asked.name()) : unknown(asked.name());
            return describe(topic, operations);
        } catch (RuntimeException refused) {
            return new MetadataResponseTopic().setName(isById(asked) ? null : asked.name()).setTopicId(asked.topicId())
                    .setIsInternal(!isById(asked) && Topic.isInternal(asked.name()))
                    .setErrorCode(Failure.of(call, asked.name(), refused).code());
        }
    }

    private TopicImage create(String name) {
        if (Topic.isInternal(name) || name.equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
            return unknown(name);
        }
        try {
            return metadata.createTopic(name, defaultPartitions, Map.of());
        } catch (TopicExistsException meanwhile) {
            return metadata.image().topic(name).orElseThrow(() -> meanwhile);
        }
    }

    private static TopicImage unknown(String name) {
        throw new UnknownTopicOrPartitionException("there is no topic " + name);
    }

    private static Supplier<UnknownTopicIdException> unknown(Uuid id) {
        return () -> new UnknownTopicIdException("there is no topic of id " + id);
    }

    private MetadataResponseTopic describe(TopicImage topic, boolean operations) {
        MetadataResponseTopic described = new MetadataResponseTopic().setName(topic.name()).setTopicId(topic.id()).setIsInternal(Topic.isInternal(topic.name()));
        List<Integer> replicas = List.of(metadata.self().id());
        for (int index = 0; index < topic.partitions(); index++) {
            MetadataResponsePartition partition = new MetadataResponsePartition().setPartitionIndex(index).setLeaderId(metadata.self().id())
                    .setLeaderEpoch(metadata.leaderEpoch(topic, index)).setReplicaNodes(replicas).setIsrNodes(replicas);
            if (!metadata.isOnline(new TopicPartition(topic.name(), index))) {
                partition.setErrorCode(Errors.LEADER_NOT_AVAILABLE.code()).setLeaderId(MetadataResponse.NO_LEADER_ID).setOfflineReplicas(replicas);
            }
            described.partitions().add(partition);
        }
        return operations ? described.setTopicAuthorizedOperations(Operations.TOPIC) : described;
    }
}
