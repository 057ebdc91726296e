package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import io.millrace.broker.request.Operations;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeClusterRequest;
import org.apache.kafka.common.requests.DescribeClusterResponse;

/** Tells of the cluster and its nodes. */
final class DescribeCluster implements Handler {

    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;

    private final ClusterMetadata metadata;

    DescribeCluster(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public Answer handle(Call call) {
        DescribeClusterRequestData request = call.as(DescribeClusterRequest.class).data();
        if (request.endpointType() != BROKERS) {
            throw (request.endpointType() == CONTROLLERS ? Errors.MISMATCHED_ENDPOINT_TYPE : Errors.UNSUPPORTED_ENDPOINT_TYPE).exception(
                    "this is a broker's endpoint, the request asks for type " + request.endpointType());
        }
        DescribeClusterResponseData response = new DescribeClusterResponseData().setClusterId(metadata.clusterId()).setControllerId(metadata.self().id());
        response.brokers().add(new DescribeClusterBroker().setBrokerId(metadata.self().id()).setHost(metadata.self().host()).setPort(metadata.self().port()));
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(Operations.CLUSTER);
        }
        return Answer.now(new DescribeClusterResponse(response));
    }
}
