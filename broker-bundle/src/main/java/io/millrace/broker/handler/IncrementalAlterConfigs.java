package io.millrace.broker.handler;

import io.millrace.broker.log.LogConfig;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.TopicImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** Changes single properties of topics (KIP-339). */
final class IncrementalAlterConfigs implements Handler {

    private final ClusterMetadata metadata;

    IncrementalAlterConfigs(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public Answer handle(Call call) {
        IncrementalAlterConfigsRequestData request = call.as(IncrementalAlterConfigsRequest.class).data();
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
        for (AlterConfigsResource asked : request.resources()) {
            AlterConfigsResourceResponse result = new AlterConfigsResourceResponse().setResourceType(asked.resourceType()).setResourceName(asked.resourceName());
            response.responses().add(result);
            try {
                TopicImage topic = AlterConfigs.topic(metadata, ConfigResource.Type.forId(asked.resourceType()), asked.resourceName());
                Map<String, String> changed = changed(topic.config(), asked);
                metadata.checkConfig(changed);
                if (!request.validateOnly()) {
                    metadata.configure(topic.id(), changed);
                }
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.resourceName(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new IncrementalAlterConfigsResponse(response));
    }

    private static Map<String, String> changed(Map<String, String> before, AlterConfigsResource asked) {
        Map<String, String> after = new HashMap<>(before);
        Set<String> seen = new HashSet<>();
        for (AlterableConfig change : asked.configs()) {
            if (!seen.add(change.name())) {
                throw Errors.INVALID_REQUEST.exception(change.name() + " occurs twice in the request");
            }
            LogConfig.Key property = LogConfig.keys().get(change.name());
            if (property == null) {
                throw new InvalidConfigurationException("unknown topic property " + change.name());
            }
            switch (OpType.forId(change.configOperation())) {
                case SET -> after.put(change.name(), valueOf(change));
                case DELETE -> after.remove(change.name());
                case APPEND -> after.put(change.name(), String.join(",", combined(property, after, change, true)));
                case SUBTRACT -> after.put(change.name(), String.join(",", combined(property, after, change, false)));
                case null -> throw Errors.INVALID_REQUEST.exception(change.name() + ": operation " + change.configOperation() + " is unknown");
            }
        }
        return after;
    }

    private static List<String> combined(LogConfig.Key property, Map<String, String> config, AlterableConfig change, boolean append) {
        if (property.type() != LogConfig.Type.LIST) {
            throw new InvalidConfigurationException(property.name() + " is no list, it can only be set or deleted");
        }
        List<String> elements = elements(config.getOrDefault(property.name(), property.defaultValue()));
        List<String> given = elements(valueOf(change));
        elements.removeAll(given);
        if (append) {
            elements.addAll(given);
        }
        return elements;
    }

    private static List<String> elements(String list) {
        return new ArrayList<>(Arrays.stream(list.split(",")).map(String::strip).filter(element -> !element.isEmpty()).toList());
    }

    private static String valueOf(AlterableConfig change) {
        if (change.value() == null) {
            throw new InvalidConfigurationException(change.name() + " has no value");
        }
        return change.value();
    }
}
