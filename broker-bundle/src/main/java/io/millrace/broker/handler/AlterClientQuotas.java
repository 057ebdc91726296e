package io.millrace.broker.handler;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.quota.QuotaAlteration;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.EntryData;
import org.apache.kafka.common.message.AlterClientQuotasRequestData.OpData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.requests.AlterClientQuotasRequest;
import org.apache.kafka.common.requests.AlterClientQuotasResponse;

/** Sets and removes quotas (KIP-546); on return they are durable and in force. */
final class AlterClientQuotas implements Handler {

    private final ClusterMetadata metadata;

    AlterClientQuotas(ClusterMetadata metadata) {
        this.metadata = metadata;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_CLIENT_QUOTAS;
    }

    @Override
    public Answer handle(Call call) {
        AlterClientQuotasRequestData request = call.as(AlterClientQuotasRequest.class).data();
        AlterClientQuotasResponseData response = new AlterClientQuotasResponseData();
        Set<List<EntityData>> repeated = Repeated.in(request.entries().stream().map(EntryData::entity));
        Set<List<EntityData>> seen = new HashSet<>();
        for (EntryData entry : request.entries()) {
            if (!seen.add(entry.entity())) {
                continue;
            }
            AlterClientQuotasResponseData.EntryData result = new AlterClientQuotasResponseData.EntryData().setErrorMessage(null);
            entry.entity().forEach(part -> result.entity().add(
                    new AlterClientQuotasResponseData.EntityData().setEntityType(part.entityType()).setEntityName(part.entityName())));
            response.entries().add(result);
            try {
                if (repeated.contains(entry.entity())) {
                    throw new InvalidRequestException("an entity occurs twice in the request");
                }
                metadata.alterQuotas(alteration(entry), request.validateOnly());
            } catch (RuntimeException refused) {
                Errors error = Failure.of(call, entry.entity(), refused);
                result.setErrorCode(error.code()).setErrorMessage(Failure.message(error, refused));
            }
        }
        return Answer.now(new AlterClientQuotasResponse(response));
    }

    private static QuotaAlteration alteration(EntryData entry) {
        Map<String, String> entity = new HashMap<>();
        for (EntityData part : entry.entity()) {
            if (entity.containsKey(part.entityType())) {
                throw new InvalidRequestException("entity type " + part.entityType() + " occurs twice in one entity");
            }
            entity.put(part.entityType(), part.entityName());
        }
        Map<String, Double> changes = new HashMap<>();
        for (OpData op : entry.ops()) {
            if (changes.containsKey(op.key())) {
                throw new InvalidRequestException(op.key() + " occurs twice for one entity");
            }
            changes.put(op.key(), op.remove() ? null : Double.valueOf(op.value()));
        }
        return new QuotaAlteration(new ClientQuotaEntity(entity), changes);
    }
}
