package io.millrace.broker.handler;

import io.millrace.broker.handler.ConfigAlteration.Op;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** Changes single properties of topics, nodes, groups, subscriptions to clients' metrics, and levels of loggers (KIP-339). */
final class IncrementalAlterConfigs implements Handler {

    private final ClusterMetadata metadata;
    private final LoggerLevels loggers;

    IncrementalAlterConfigs(ClusterMetadata metadata, LoggerLevels loggers) {
        this.metadata = metadata;
        this.loggers = loggers;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public Answer handle(Call call) {
        IncrementalAlterConfigsRequestData request = call.as(IncrementalAlterConfigsRequest.class).data();
        IncrementalAlterConfigsResponseData response = new IncrementalAlterConfigsResponseData();
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
                alter(resource, ops(asked), request.validateOnly());
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, asked.resourceName(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new IncrementalAlterConfigsResponse(response));
    }

    private void alter(ConfigResource resource, List<Op> ops, boolean validateOnly) {
        switch (resource.type()) {
            case TOPIC, BROKER, GROUP, CLIENT_METRICS ->
                metadata.configure(resource, new ConfigAlteration(resource.type(), ops, metadata.settings()), validateOnly);
            case BROKER_LOGGER -> {
                LoggerLevels.checkNode(resource.name(), metadata.self().idString());
                loggers.alter(ops, validateOnly);
            }
            case UNKNOWN -> throw Errors.INVALID_REQUEST.exception("Unknown resource type " + resource.type());
        }
    }

    private static List<Op> ops(AlterConfigsResource asked) {
        Set<String> seen = new HashSet<>();
        List<Op> ops = new ArrayList<>();
        for (AlterableConfig change : asked.configs()) {
            OpType operation = OpType.forId(change.configOperation());
            if (operation == null) {
                throw Errors.INVALID_REQUEST.exception(change.name() + ": operation " + change.configOperation() + " is unknown");
            }
            if (!seen.add(change.name())) {
                throw Errors.INVALID_REQUEST.exception("Error due to duplicate config keys: " + change.name() + " occurs twice in the request");
            }
            if (operation != OpType.DELETE && change.value() == null) {
                throw Errors.INVALID_REQUEST.exception("Null value not supported for : " + change.name());
            }
            ops.add(new Op(change.name(), operation, change.value()));
        }
        return ops;
    }
}
