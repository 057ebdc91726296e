package io.millrace.broker.metadata;

import io.millrace.broker.quota.ClientQuotas;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.quota.ClientQuotaEntity;

/** The cluster at one point of the journal. Immutable; the same records in the same order make the same image everywhere. */
public final class ClusterImage {

    static final ClusterImage EMPTY = new ClusterImage(0, new TreeMap<>(), Map.of(), ClientQuotas.NONE, ResourceConfigs.EMPTY);

    private final int starts;
    private final TreeMap<String, TopicImage> byName;
    private final Map<Uuid, TopicImage> byId;
    private final ClientQuotas quotas;
    private final ResourceConfigs resources;

    private ClusterImage(int starts, TreeMap<String, TopicImage> byName, Map<Uuid, TopicImage> byId, ClientQuotas quotas, ResourceConfigs resources) {
        this.starts = starts;
        this.byName = byName;
        this.byId = byId;
        this.quotas = quotas;
        this.resources = resources;
    }

    public ClientQuotas quotas() {
        return quotas;
    }

    public Optional<TopicImage> topic(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    public Optional<TopicImage> topic(Uuid id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** All topics by name. */
    public Collection<TopicImage> topics() {
        return Collections.unmodifiableCollection(byName.values());
    }

    /** The configuration of what is no topic. */
    public ResourceConfigs resources() {
        return resources;
    }

    /** How often the node that leads everything has started. */
    int starts() {
        return starts;
    }

    /** Rises with every start of the leader, from 0 for a new topic. */
    public int leaderEpoch(TopicImage topic) {
        return starts - topic.bornAt();
    }

    /** @throws IllegalStateException if the record does not fit, which means that the journal is not the one this image came from */
    ClusterImage with(MetadataRecord record) {
        return switch (record) {
            case MetadataRecord.StartsCounted counted -> new ClusterImage(counted.starts(), byName, byId, quotas, resources);
            case MetadataRecord.LeaderStarted _ -> new ClusterImage(starts + 1, byName, byId, quotas, resources);
            case MetadataRecord.TopicCreated created -> {
                if (byName.containsKey(created.name())) {
                    throw new IllegalStateException("metadata journal: topic " + created.name() + " is created twice");
                }
                yield withTopic(new TopicImage(created.id(), created.name(), created.partitions(), created.bornAt(), created.config()));
            }
            case MetadataRecord.TopicDeleted deleted -> without(existing(deleted.id()));
            case MetadataRecord.PartitionsAdded added -> withTopic(existing(added.id()).withPartitions(added.partitions()));
            case MetadataRecord.TopicConfigured configured -> withTopic(existing(configured.id()).withConfig(configured.config()));
            case MetadataRecord.QuotasSet set ->
                    new ClusterImage(starts, byName, byId, quotas.with(new ClientQuotaEntity(set.entity()), set.values()), resources);
            case MetadataRecord.ResourceConfigured configured ->
                    new ClusterImage(starts, byName, byId, quotas, resources.with(configured.resource(), configured.config()));
        };
    }

    /** The shortest list of records that makes this image. */
    List<MetadataRecord> toRecords() {
        List<MetadataRecord> records = new ArrayList<>(1 + byName.size());
        records.add(new MetadataRecord.StartsCounted(starts));
        for (TopicImage topic : byName.values()) {
            records.add(new MetadataRecord.TopicCreated(topic.id(), topic.name(), topic.partitions(), topic.bornAt(), topic.config()));
        }
        quotas.byEntity().forEach((entity, values) -> records.add(new MetadataRecord.QuotasSet(entity.entries(), values)));
        records.addAll(resources.toRecords());
        return records;
    }

    private TopicImage existing(Uuid id) {
        TopicImage topic = byId.get(id);
        if (topic == null) {
            throw new IllegalStateException("metadata journal: there is no topic of id " + id);
        }
        return topic;
    }

    private ClusterImage withTopic(TopicImage topic) {
        TreeMap<String, TopicImage> names = new TreeMap<>(byName);
        Map<Uuid, TopicImage> ids = new HashMap<>(byId);
        names.put(topic.name(), topic);
        ids.put(topic.id(), topic);
        return new ClusterImage(starts, names, ids, quotas, resources);
    }

    private ClusterImage without(TopicImage topic) {
        TreeMap<String, TopicImage> names = new TreeMap<>(byName);
        Map<Uuid, TopicImage> ids = new HashMap<>(byId);
        names.remove(topic.name());
        ids.remove(topic.id());
        return new ClusterImage(starts, names, ids, quotas, resources);
    }
}
