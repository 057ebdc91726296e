package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.quota.QuotaFilter.Component;
import io.millrace.broker.quota.QuotaFilter.Match;
import io.millrace.broker.quota.QuotaFilter;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.requests.DescribeClientQuotasRequest;
import org.apache.kafka.common.requests.DescribeClientQuotasResponse;

/** Lists quotas (KIP-546). */
final class DescribeClientQuotas implements Handler {

    private final ClusterMetadata metadata;

    DescribeClientQuotas(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CLIENT_QUOTAS;
    }

    @Override
    public Answer handle(Call call) {
        DescribeClientQuotasRequestData request = call.as(DescribeClientQuotasRequest.class).data();
        List<Component> components = request.components().stream().map(DescribeClientQuotas::component).toList();
        QuotaFilter filter = new QuotaFilter(components, request.strict());
        Map<ClientQuotaEntity, Map<String, Double>> found = metadata.image().quotas().byEntity().entrySet().stream()
                .filter(entry -> filter.matches(entry.getKey())).collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return Answer.now(DescribeClientQuotasResponse.fromQuotaEntities(found, 0));
    }

    private static Component component(ComponentData asked) {
        Match match = switch (asked.matchType()) {
            case DescribeClientQuotasRequest.MATCH_TYPE_EXACT -> Match.EXACT;
            case DescribeClientQuotasRequest.MATCH_TYPE_DEFAULT -> Match.DEFAULT;
            case DescribeClientQuotasRequest.MATCH_TYPE_SPECIFIED -> Match.ANY;
            default -> throw new InvalidRequestException("match type " + asked.matchType() + " is unknown");
        };
        return new Component(asked.entityType(), match, asked.match());
    }
}
