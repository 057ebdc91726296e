package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;

/** Replaces all properties of topics: the older way, which older clients know only. */
final class AlterConfigs implements Handler {

    private final ClusterMetadata metadata;

    AlterConfigs(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public Answer handle(Call call) {
        AlterConfigsRequestData request = call.as(AlterConfigsRequest.class).data();
        AlterConfigsResponseData response = new AlterConfigsResponseData();
        for (AlterConfigsResource asked : request.resources()) {
            AlterConfigsResourceResponse result = new AlterConfigsResourceResponse().setResourceType(asked.resourceType()).setResourceName(asked.resourceName());
            response.responses().add(result);
            try {
                TopicImage topic = topic(metadata, ConfigResource.Type.forId(asked.resourceType()), asked.resourceName());
                Map<String, String> config = new HashMap<>();
                for (AlterableConfig property : asked.configs()) {
                    if (property.value() == null) {
                        throw new InvalidConfigurationException(property.name() + " has no value");
                    }
                    config.put(property.name(), property.value());
                }
                metadata.checkConfig(config);
                if (!request.validateOnly()) {
                    metadata.configure(topic.id(), config);
                }
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.resourceName(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new AlterConfigsResponse(response));
    }

    /** The topic whose configuration may be altered; of a node it may not. */
    static TopicImage topic(ClusterMetadata metadata, ConfigResource.Type type, String name) {
        if (type == ConfigResource.Type.BROKER) {
            throw new InvalidRequestException("a node's configuration is read when it starts: change it in its millrace.properties");
        }
        if (type != ConfigResource.Type.TOPIC) {
            throw new InvalidRequestException("configuration of resource type " + type + " is not served; that of topics is");
        }
        return metadata.image().topic(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
    }
}
