package io.millrace.broker.quota;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** Which entities somebody asks for (KIP-546). */
public final class QuotaFilter {

    /** How a component matches; the order is that of the protocol's numbers. */
    public enum Match {
        EXACT, DEFAULT, ANY
    }

    /** @param name for an exact match, else null */
    public record Component(String entityType, Match match, String name) {
    }

    /** Name by entity type, null for the default entity. */
    private final Map<String, String> exact = new HashMap<>();
    private final Set<String> any = new HashSet<>();
    private final boolean strict;

    /**
     * @param strict whether entities with further types are excluded
     * @throws InvalidRequestException     for components that contradict themselves or each other
     * @throws UnsupportedVersionException for an entity type that is unknown
     */
    public QuotaFilter(List<Component> components, boolean strict) {
        this.strict = strict;
        for (Component component : components) {
            add(component);
        }
        Set<String> types = new HashSet<>(exact.keySet());
        types.addAll(any);
        if (types.contains(ClientQuotaEntity.IP) && types.size() > 1) {
            throw new InvalidRequestException("ip cannot be combined with user and client-id in a filter");
        }
    }

    private void add(Component component) {
        String type = component.entityType();
        if (type.isEmpty()) {
            throw new InvalidRequestException("a component of the filter has no entity type");
        }
        if (!ClientQuotaEntity.isValidEntityType(type)) {
            throw new UnsupportedVersionException("entity type " + type + " is unknown; known are user, client-id and ip");
        }
        if (exact.containsKey(type) || any.contains(type)) {
            throw new InvalidRequestException("entity type " + type + " occurs twice in the filter");
        }
        if ((component.match() == Match.EXACT) == (component.name() == null)) {
            throw new InvalidRequestException("entity type " + type + ": an exact match needs a name, any other has none");
        }
        if (component.match() == Match.ANY) {
            any.add(type);
        } else {
            exact.put(type, component.name());
        }
    }

    public boolean matches(ClientQuotaEntity entity) {
        Map<String, String> parts = entity.entries();
        if (strict && parts.size() != exact.size() + any.size()) {
            return false;
        }
        return parts.keySet().containsAll(any)
                && exact.entrySet().stream().allMatch(wanted -> parts.containsKey(wanted.getKey())
                        && Objects.equals(parts.get(wanted.getKey()), wanted.getValue()));
    }
}
