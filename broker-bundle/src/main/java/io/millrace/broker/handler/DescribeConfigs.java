package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.ResourceConfigs;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** Shows the configuration of topics, nodes, groups, subscriptions to clients' metrics, and the levels of loggers. */
final class DescribeConfigs implements Handler {

    private final ClusterMetadata metadata;
    private final LoggerLevels loggers;

    DescribeConfigs(ClusterMetadata metadata, LoggerLevels loggers) {
        this.metadata = metadata;
        this.loggers = loggers;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeConfigsRequestData request = call.as(DescribeConfigsRequest.class).data();
        DescribeConfigsResponseData response = new DescribeConfigsResponseData();
        for (DescribeConfigsResource asked : request.resources()) {
            DescribeConfigsResult result = new DescribeConfigsResult().setResourceType(asked.resourceType()).setResourceName(asked.resourceName());
            response.results().add(result);
            try {
                for (ConfigView.Value value : values(asked)) {
                    if (asked.configurationKeys() == null || asked.configurationKeys().isEmpty() || asked.configurationKeys().contains(value.name())) {
                        result.configs().add(describe(value, request.includeSynonyms(), request.includeDocumentation()));
                    }
                }
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.resourceName(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new DescribeConfigsResponse(response));
    }

    private List<ConfigView.Value> values(DescribeConfigsResource asked) {
        String name = asked.resourceName();
        ResourceConfigs resources = metadata.image().resources();
        return switch (ConfigResource.Type.forId(asked.resourceType())) {
            case TOPIC -> {
                Topic.validate(name);
                yield ConfigView.ofTopic(metadata.image().topic(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name)).config(),
                        metadata.settings());
            }
            case BROKER -> {
                if (name.isEmpty()) {
                    yield ConfigView.ofAllNodes(resources.of(ConfigResource.Type.BROKER, ""));
                }
                if (!name.equals(metadata.self().idString())) {
                    throw Errors.INVALID_REQUEST.exception("Unexpected broker id, expected " + metadata.self().id() + " or an empty string, but received " + name);
                }
                yield ConfigView.ofNode(metadata.settings());
            }
            case BROKER_LOGGER -> {
                LoggerLevels.checkNode(name, metadata.self().idString());
                yield ConfigView.ofLoggers(loggers.all());
            }
            case GROUP -> {
                if (name.isEmpty()) {
                    throw Errors.INVALID_REQUEST.exception("Group name must not be empty");
                }
                yield ConfigView.ofGroup(resources.of(ConfigResource.Type.GROUP, name), metadata.settings());
            }
            case CLIENT_METRICS -> {
                if (name.isEmpty()) {
                    throw Errors.INVALID_REQUEST.exception("Client metrics subscription name must not be empty");
                }
                yield ConfigView.ofClientMetrics(resources.of(ConfigResource.Type.CLIENT_METRICS, name));
            }
            case UNKNOWN -> throw Errors.INVALID_REQUEST.exception("configuration of resource type " + asked.resourceType() + " is not served");
        };
    }

    private static DescribeConfigsResourceResult describe(ConfigView.Value value, boolean synonyms, boolean documentation) {
        DescribeConfigsResourceResult described = new DescribeConfigsResourceResult().setName(value.name()).setValue(value.value())
                .setReadOnly(value.readOnly()).setIsSensitive(value.sensitive()).setConfigSource(value.source().id()).setConfigType(value.type().id());
        if (synonyms) {
            described.setSynonyms(value.levels().stream()
                    .map(level -> new DescribeConfigsSynonym().setName(level.name()).setValue(level.value()).setSource(level.source().id())).toList());
        }
        return documentation ? described.setDocumentation(value.description()) : described;
    }
}
