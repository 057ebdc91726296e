package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;

/** Replaces all that is set of a resource: the older way, which older clients know only. */
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
        Set<ConfigResource> seen = new HashSet<>();
        for (AlterConfigsResource asked : request.resources()) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.forId(asked.resourceType()), asked.resourceName());
            if (!seen.add(resource)) {
                continue;
            }
            AlterConfigsResourceResponse result = new AlterConfigsResourceResponse().setResourceType(asked.resourceType()).setResourceName(asked.resourceName());
            response.responses().add(result);
            try {
                if (request.resources().findAll(asked.resourceType(), asked.resourceName()).size() > 1) {
                    throw Errors.INVALID_REQUEST.exception("Each resource must appear at most once: " + asked.resourceName());
                }
                if (resource.type() == ConfigResource.Type.BROKER_LOGGER || resource.type() == ConfigResource.Type.UNKNOWN) {
                    throw Errors.INVALID_REQUEST.exception("Unexpected resource type " + resource.type());
                }
                Map<String, String> config = config(asked);
                metadata.configure(resource, _ -> config, request.validateOnly());
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.resourceName(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new AlterConfigsResponse(response));
    }

    private static Map<String, String> config(AlterConfigsResource asked) {
        Map<String, String> config = new HashMap<>();
        for (AlterableConfig property : asked.configs()) {
            if (property.value() == null) {
                throw Errors.INVALID_REQUEST.exception("Null value not supported for : " + property.name());
            }
            if (config.put(property.name(), property.value()) != null) {
                throw Errors.INVALID_REQUEST.exception("Error due to duplicate config keys: " + property.name() + " occurs twice in the request");
            }
        }
        return config;
    }
}
