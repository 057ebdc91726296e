package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.apache.kafka.common.message.ListConfigResourcesResponseData.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ListConfigResourcesRequest;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;

/** Lists what has a configuration (KIP-1142). */
final class ListConfigResources implements Handler {

    private final ClusterMetadata metadata;

    ListConfigResources(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_CONFIG_RESOURCES;
    }

    @Override
    public Answer handle(Call call) {
        ListConfigResourcesRequest request = call.as(ListConfigResourcesRequest.class);
        Set<Byte> types = request.data().resourceTypes().isEmpty() ? request.supportedResourceTypes() : Set.copyOf(request.data().resourceTypes());
        ListConfigResourcesResponseData response = new ListConfigResourcesResponseData();
        if (!request.supportedResourceTypes().containsAll(types)) {
            return Answer.now(new ListConfigResourcesResponse(response.setErrorCode(Errors.UNSUPPORTED_VERSION.code())));
        }
        if (types.contains(Type.TOPIC.id())) {
            for (TopicImage topic : metadata.image().topics()) {
                response.configResources().add(new ConfigResource().setResourceType(Type.TOPIC.id()).setResourceName(topic.name()));
            }
        }
        for (Type ofNode : List.of(Type.BROKER, Type.BROKER_LOGGER)) {
            if (types.contains(ofNode.id())) {
                response.configResources().add(new ConfigResource().setResourceType(ofNode.id()).setResourceName(metadata.self().idString()));
            }
        }
        for (Type configured : List.of(Type.GROUP, Type.CLIENT_METRICS)) {
            if (types.contains(configured.id())) {
                for (String name : metadata.image().resources().names(configured)) {
                    response.configResources().add(new ConfigResource().setResourceType(configured.id()).setResourceName(name));
                }
            }
        }
        return Answer.now(new ListConfigResourcesResponse(response));
    }
}
