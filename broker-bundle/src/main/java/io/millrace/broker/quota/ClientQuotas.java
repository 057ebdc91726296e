package io.millrace.broker.quota;

import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * All quotas there are. Immutable.
 *
 * <p>For each type the most specific entity that has one decides (KIP-55): a user with a client id, with the default client id, the user; then
 * the same with the default user; then the client id and the default client id. Of an address: itself, then the default address.
 */
public final class ClientQuotas {

    public static final ClientQuotas NONE = new ClientQuotas(Map.of());

    private final Map<ClientQuotaEntity, Map<String, Double>> byEntity;
    private final Map<QuotaType, Scopes> byType = new EnumMap<>(QuotaType.class);
    /** The default address is the key null. */
    private final Map<String, Double> byAddress = new HashMap<>();

    private ClientQuotas(Map<ClientQuotaEntity, Map<String, Double>> byEntity) {
        this.byEntity = byEntity;
        byEntity.forEach((entity, values) -> values.forEach((key, value) -> QuotaType.of(key).ifPresent(type -> index(entity.entries(), type, value))));
    }

    private void index(Map<String, String> entity, QuotaType type, double value) {
        if (entity.containsKey(ClientQuotaEntity.IP)) {
            byAddress.put(entity.get(ClientQuotaEntity.IP), value);
            return;
        }
        Scopes scopes = byType.computeIfAbsent(type, _ -> new Scopes());
        Scope scope = entity.containsKey(ClientQuotaEntity.USER)
                ? scopes.byUser.computeIfAbsent(entity.get(ClientQuotaEntity.USER), _ -> new Scope())
                : scopes.ofAnybody;
        if (entity.containsKey(ClientQuotaEntity.CLIENT_ID)) {
            scope.byClientId.put(entity.get(ClientQuotaEntity.CLIENT_ID), value);
        } else {
            scope.whole = value;
        }
    }

    /** @param values all that the entity has from now on; empty to forget it */
    public ClientQuotas with(ClientQuotaEntity entity, Map<String, Double> values) {
        Map<ClientQuotaEntity, Map<String, Double>> changed = new LinkedHashMap<>(byEntity);
        if (values.isEmpty()) {
            changed.remove(entity);
        } else {
            changed.put(entity, Map.copyOf(values));
        }
        return changed.isEmpty() ? NONE : new ClientQuotas(changed);
    }

    public Map<ClientQuotaEntity, Map<String, Double>> byEntity() {
        return Collections.unmodifiableMap(byEntity);
    }

    public Map<String, Double> of(ClientQuotaEntity entity) {
        return byEntity.getOrDefault(entity, Map.of());
    }

    /** Whether there is none for users and client ids. */
    public boolean isEmpty() {
        return byType.isEmpty();
    }

    /** @return the one that decides, or null if nothing limits this client */
    public Limit limit(QuotaType type, String user, String clientId) {
        Scopes scopes = byType.get(type);
        if (scopes == null) {
            return null;
        }
        Limit limit = scopes.limit(type, scopes.byUser.get(user), user, clientId);
        if (limit == null) {
            limit = scopes.limit(type, scopes.byUser.get(null), user, clientId);
        }
        return limit != null ? limit : scopes.limit(type, scopes.ofAnybody, "", clientId);
    }

    /** Connections per second from an address, as {@link java.net.InetAddress#getHostAddress} writes it; infinite if nothing limits them. */
    public double connectionRate(String address) {
        Double rate = byAddress.get(address);
        if (rate == null) {
            rate = byAddress.get(null);
        }
        return rate == null ? Double.POSITIVE_INFINITY : rate;
    }

    /** Quotas of one type. The default user is the key null. */
    private static final class Scopes {

        private final Map<String, Scope> byUser = new HashMap<>();
        private final Scope ofAnybody = new Scope();

        private Limit limit(QuotaType type, Scope scope, String user, String clientId) {
            if (scope == null) {
                return null;
            }
            Double value = scope.byClientId.get(clientId);
            if (value == null) {
                value = scope.byClientId.get(null);
            }
            if (value != null) {
                return new Limit(type, user, clientId, value);
            }
            return scope.whole == null ? null : new Limit(type, user, "", scope.whole);
        }
    }

    /** The default client id is the key null. */
    private static final class Scope {

        private final Map<String, Double> byClientId = new HashMap<>();
        private Double whole;
    }
}
