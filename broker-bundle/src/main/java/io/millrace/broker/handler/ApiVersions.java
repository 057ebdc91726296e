package io.millrace.broker.handler;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/** Tells what this node serves. Clients choose their behaviour by it, also by the features: what is not served must not show up here. */
final class ApiVersions implements Handler {

    /** Producers of this level and later bump their epoch with every transaction (KIP-890). */
    private static final String TRANSACTION_VERSION = "transaction.version";
    private static final short TRANSACTIONS_V2 = 2;

    private final String clusterId;
    private final int nodeId;
    private volatile List<Handler> served = List.of();

    ApiVersions(String clusterId, int nodeId) {
        this.clusterId = clusterId;
        this.nodeId = nodeId;
    }

    void advertise(List<Handler> handlers) {
        served = handlers;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public Answer handle(Call call) {
        ApiVersionsRequest request = call.as(ApiVersionsRequest.class);
        if (request.hasUnsupportedRequestVersion()) {
            return Answer.now(request.getErrorResponse(0, Errors.UNSUPPORTED_VERSION.exception()));
        }
        if (!request.isValid()) {
            return Answer.now(request.getErrorResponse(0, Errors.INVALID_REQUEST.exception()));
        }
        if (isMeantForAnother(request.data())) {
            return Answer.now(request.getErrorResponse(0, Errors.REBOOTSTRAP_REQUIRED.exception()));
        }
        ApiVersionCollection versions = new ApiVersionCollection(served.size());
        for (Handler handler : served) {
            versions.add(new ApiVersion().setApiKey(handler.api().id).setMinVersion(advertisedMin(handler)).setMaxVersion(handler.maxVersion()));
        }
        return Answer.now(new ApiVersionsResponse.Builder()
                .setApiVersions(versions)
                .setSupportedFeatures(Features.supportedFeatures(Map.of(TRANSACTION_VERSION, new SupportedVersionRange((short) 0, TRANSACTIONS_V2))))
                .setFinalizedFeatures(Map.of(TRANSACTION_VERSION, TRANSACTIONS_V2))
                .setFinalizedFeaturesEpoch(0)
                // Older clients take a range that begins with 0 for damaged.
                .setAlterFeatureLevel0(call.version() < 4)
                .build());
    }

    /** The client's addresses are out of date: another cluster or node listens here now (KIP-1242). */
    private boolean isMeantForAnother(ApiVersionsRequestData request) {
        return request.clusterId() != null && !request.clusterId().equals(clusterId) || request.nodeId() >= 0 && request.nodeId() != nodeId;
    }

    /** Older librdkafka takes the absence of Produce 0 for a broker without any of the newer features (KAFKA-18659). */
    private static short advertisedMin(Handler handler) {
        return handler.api() == ApiKeys.PRODUCE ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION : handler.minVersion();
    }
}
