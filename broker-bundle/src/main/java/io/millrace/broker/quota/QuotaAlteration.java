package io.millrace.broker.quota;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/**
 * A wish to change quotas of one entity.
 *
 * @param changes new value by key; null removes
 */
public record QuotaAlteration(ClientQuotaEntity entity, Map<String, Double> changes) {

    private static final int MAX_NAME = 1024;

    /**
     * All quotas that the entity has afterwards.
     *
     * @throws InvalidRequestException for an entity or value that cannot be
     */
    public Map<String, Double> applied(ClientQuotas before) {
        checkEntity();
        boolean address = entity.entries().containsKey(ClientQuotaEntity.IP);
        Map<String, Double> after = new HashMap<>(before.of(entity));
        changes.forEach((key, value) -> {
            QuotaType type = QuotaType.of(key).filter(known -> known.isOfAddress() == address)
                    .orElseThrow(() -> new InvalidRequestException(key + " is no quota of " + entity.entries().keySet()));
            if (value == null) {
                after.remove(key);
                return;
            }
            String objection = type.objection(value);
            if (objection != null) {
                throw new InvalidRequestException(objection);
            }
            after.put(key, value);
        });
        return after;
    }

    private void checkEntity() {
        if (entity.entries().isEmpty()) {
            throw new InvalidRequestException("a quota needs an entity: user, client-id, both, or ip");
        }
        entity.entries().forEach((type, name) -> {
            if (!ClientQuotaEntity.isValidEntityType(type)) {
                throw new InvalidRequestException("entity type " + type + " is unknown; known are user, client-id and ip");
            }
            if (name != null && (name.isEmpty() || name.length() > MAX_NAME)) {
                throw new InvalidRequestException("entity " + type + " has a name of " + name.length() + " characters; allowed are 1 to " + MAX_NAME
                        + ", or the default entity");
            }
        });
        if (entity.entries().containsKey(ClientQuotaEntity.IP)) {
            if (entity.entries().size() > 1) {
                throw new InvalidRequestException("ip cannot be combined with user and client-id");
            }
            checkAddress(entity.entries().get(ClientQuotaEntity.IP));
        }
    }

    private static void checkAddress(String address) {
        if (address == null) {
            return;
        }
        String written;
        try {
            written = InetAddress.ofLiteral(address).getHostAddress();
        } catch (IllegalArgumentException _) {
            throw new InvalidRequestException("ip " + address + " is no address; write it in numbers, such as 192.0.2.1");
        }
        if (!written.equals(address)) {
            throw new InvalidRequestException("ip " + address + " is written " + written);
        }
    }
}
