package io.millrace.broker.metadata;

import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** One change of the cluster's metadata. Applied in the journal's order, on every node alike, they make the {@link ClusterImage}. */
sealed interface MetadataRecord {

    /** A node took over its partitions, so all of them get a new leader epoch: what it had not made durable before may be gone (KIP-101). */
    record LeaderStarted(int nodeId) implements MetadataRecord {
    }

    /** @param bornAt {@link ClusterImage#starts()} at the time of creation */
    record TopicCreated(Uuid id, String name, int partitions, int bornAt, Map<String, String> config) implements MetadataRecord {
    }

    record TopicDeleted(Uuid id) implements MetadataRecord {
    }

    /** @param partitions the new number, more than before */
    record PartitionsAdded(Uuid id, int partitions) implements MetadataRecord {
    }

    /** @param config all properties that are set, not only the changed ones */
    record TopicConfigured(Uuid id, Map<String, String> config) implements MetadataRecord {
    }

    /**
     * @param resource a node (the empty name for all nodes), a group or a subscription to clients' metrics
     * @param config   all that is set, not only what changed
     */
    record ResourceConfigured(ConfigResource resource, Map<String, String> config) implements MetadataRecord {
    }

    /** First record of a compacted journal: how often the node had started. */
    record StartsCounted(int starts) implements MetadataRecord {
    }

    /**
     * @param entity name by entity type, null for the default one
     * @param values all quotas the entity has from now on, by key; empty if it has none
     */
    record QuotasSet(Map<String, String> entity, Map<String, Double> values) implements MetadataRecord {
    }
}
