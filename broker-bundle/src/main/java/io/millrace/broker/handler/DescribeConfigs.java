package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** Shows the configuration of topics and of the node. */
final class DescribeConfigs implements Handler {

    private final ClusterMetadata metadata;
    private final ConfigView configs;

    DescribeConfigs(ClusterMetadata metadata, ConfigView configs) {
        this.metadata = metadata;
        this.configs = configs;
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
        return switch (ConfigResource.Type.forId(asked.resourceType())) {
            case TOPIC -> {
                Topic.validate(asked.resourceName());
                yield configs.ofTopic(metadata.image().topic(asked.resourceName())
                        .orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + asked.resourceName())).config());
            }
            case BROKER -> {
                if (asked.resourceName().isEmpty()) {
                    yield List.of();
                }
                if (!asked.resourceName().equals(metadata.self().idString())) {
                    throw Errors.INVALID_REQUEST.exception("this is node " + metadata.self().id() + ", not " + asked.resourceName());
                }
                yield configs.ofNode();
            }
            default -> throw Errors.INVALID_REQUEST.exception("configuration of resource type " + asked.resourceType() + " is not served; topics (2) and nodes (4) are");
        };
    }

    private static DescribeConfigsResourceResult describe(ConfigView.Value value, boolean synonyms, boolean documentation) {
        DescribeConfigsResourceResult described = new DescribeConfigsResourceResult().setName(value.name()).setValue(value.value())
                .setReadOnly(value.readOnly()).setIsSensitive(false).setConfigSource(value.source().id()).setConfigType(value.type().id());
        if (synonyms) {
            described.setSynonyms(value.synonyms().stream()
                    .map(level -> new DescribeConfigsSynonym().setName(level.name()).setValue(level.value()).setSource(level.source().id())).toList());
        }
        return documentation ? described.setDocumentation(value.description()) : described;
    }
}
