package io.millrace.broker.metadata;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;

/**
 * The configuration of what is no topic: a node by its id, all nodes by the empty name, groups, and subscriptions to clients' metrics. Immutable.
 */
public final class ResourceConfigs {

    static final ResourceConfigs EMPTY = new ResourceConfigs(Map.of());

    private final Map<ConfigResource, Map<String, String>> byResource;

    private ResourceConfigs(Map<ConfigResource, Map<String, String>> byResource) {
        this.byResource = byResource;
    }

    /** What is set, empty if nothing is. */
    public Map<String, String> of(Type type, String name) {
        return byResource.getOrDefault(new ConfigResource(type, name), Map.of());
    }

    /** The resources of a type that have something set, by name. */
    public Collection<String> names(Type type) {
        return byResource.keySet().stream().filter(resource -> resource.type() == type).map(ConfigResource::name).sorted().toList();
    }

    ResourceConfigs with(ConfigResource resource, Map<String, String> config) {
        Map<ConfigResource, Map<String, String>> changed = new HashMap<>(byResource);
        if (config.isEmpty()) {
            changed.remove(resource);
        } else {
            changed.put(resource, Map.copyOf(config));
        }
        return new ResourceConfigs(changed);
    }

    List<MetadataRecord> toRecords() {
        return byResource.entrySet().stream()
                .<MetadataRecord>map(entry -> new MetadataRecord.ResourceConfigured(entry.getKey(), entry.getValue())).toList();
    }
}
