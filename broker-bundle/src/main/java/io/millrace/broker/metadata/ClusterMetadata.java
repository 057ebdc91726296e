package io.millrace.broker.metadata;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.LogConfig;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.quota.QuotaAlteration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.Topic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's metadata as this node knows it, and the logs of the partitions it leads. Thread-safe: changes are serial and block until they
 * are durable and this node's logs follow; reads see the newest image without a lock.
 */
public final class ClusterMetadata implements Partitions, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMetadata.class);
    /** Each partition costs open files and memory: a typing error must not take the node down. */
    private static final int MAX_PARTITIONS_PER_TOPIC = 10_000;

    private final String clusterId;
    private final Node self;
    private final MetadataJournal journal;
    private final LogStore store;
    private final ReentrantLock changing = new ReentrantLock();
    private final ConcurrentHashMap<TopicPartition, LedPartition> led = new ConcurrentHashMap<>();
    private final List<Consumer<String>> deletionListeners = new CopyOnWriteArrayList<>();
    private final List<SettingsFollower> followers = new CopyOnWriteArrayList<>();
    /** Replaced under {@link #changing}. */
    private volatile ClusterImage image = ClusterImage.EMPTY;
    /** In force but not in the journal yet; guarded by {@link #changing}. */
    private MetadataRecord owed;
    /** As {@link #image}: what is in force by the records up to now. */
    private volatile NodeSettings settings;
    private volatile TopicDefaults defaults;

    private ClusterMetadata(String clusterId, Node self, MetadataJournal journal, LogStore store, NodeSettings settings) {
        this.clusterId = clusterId;
        this.self = self;
        this.journal = journal;
        this.store = store;
        this.settings = settings;
        this.defaults = TopicDefaults.of(settings);
    }

    /**
     * Opens a single node's metadata.
     *
     * @param journal the file that holds it, made if it is not there
     * @throws IllegalStateException if it cannot be read or written
     */
    public static ClusterMetadata open(String clusterId, Node self, Path journal, LogStore store, NodeSettings settings) {
        FileJournal file;
        try {
            file = FileJournal.open(journal);
        } catch (IOException unusable) {
            throw new IllegalStateException("cannot open the metadata journal " + journal.toAbsolutePath() + ": " + unusable.getMessage()
                    + "; give this user the right to read and write it", unusable);
        }
        try {
            return open(clusterId, self, file, store, settings);
        } catch (RuntimeException failed) {
            file.close();
            throw failed;
        }
    }

    /** Replays the journal, takes over leadership in a new epoch, and makes the store hold exactly the partitions there are. */
    static ClusterMetadata open(String clusterId, Node self, MetadataJournal journal, LogStore store, NodeSettings settings) {
        ClusterMetadata metadata = new ClusterMetadata(clusterId, self, journal, store, settings);
        metadata.changing.lock();
        try {
            ClusterImage image = ClusterImage.EMPTY;
            Set<Uuid> deleted = new HashSet<>();
            for (MetadataRecord record : journal.replay()) {
                image = image.with(record);
                if (record instanceof MetadataRecord.TopicDeleted deletion) {
                    deleted.add(deletion.id());
                }
            }
            metadata.image = image;
            metadata.settings = metadata.settingsBy(image.resources());
            metadata.defaults = TopicDefaults.of(metadata.settings);
            metadata.takeOver();
            store.settleDoubles(name -> metadata.image.topic(name).map(TopicImage::id));
            metadata.removeStrays(deleted);
            for (TopicImage topic : metadata.image.topics()) {
                metadata.openLogs(topic, 0, store::reopen);
            }
        } finally {
            metadata.changing.unlock();
        }
        return metadata;
    }

    public String clusterId() {
        return clusterId;
    }

    /** This node, at the address that clients are told. */
    public Node self() {
        return self;
    }

    public ClusterImage image() {
        return image;
    }

    /** What is in force on this node now. */
    public NodeSettings settings() {
        return settings;
    }

    /** The follower is told at once, and of every change from now on. */
    public void follow(SettingsFollower follower) {
        changing.lock();
        try {
            followers.add(follower);
            follower.apply(settings);
        } finally {
            changing.unlock();
        }
    }

    @Override
    public Optional<LedPartition> leader(TopicPartition partition) {
        return Optional.ofNullable(led.get(partition));
    }

    /** Whether this node has the partition and its disk works. */
    public boolean isOnline(TopicPartition partition) {
        LedPartition known = led.get(partition);
        return known != null && known.log().isOnline();
    }

    /** Partitions whose disk failed. */
    public long offlinePartitions() {
        return led.values().stream().filter(partition -> !partition.log().isOnline()).count();
    }

    /** Where the logs are. */
    public LogStore store() {
        return store;
    }

    @Override
    public List<LedPartition> ensureInternal(String name, int partitions, Map<String, String> config) {
        TopicImage topic = image.topic(name).orElse(null);
        if (topic == null) {
            try {
                topic = createTopic(name, partitions, config);
            } catch (TopicExistsException meanwhile) {
                topic = image.topic(name).orElseThrow(() -> meanwhile);
            }
        }
        List<LedPartition> all = new ArrayList<>(topic.partitions());
        for (int index = 0; index < topic.partitions(); index++) {
            all.add(led.get(new TopicPartition(name, index)));
        }
        return all;
    }

    @Override
    public void onTopicDeleted(Consumer<String> listener) {
        deletionListeners.add(listener);
    }

    /**
     * @throws InvalidTopicException      for a name that is not allowed, or that differs from another one only by '.' and '_'
     * @throws TopicExistsException       if there is one of that name
     * @throws InvalidPartitionsException for a number out of range
     */
    public void checkNew(String name, int partitions) {
        Topic.validate(name);
        if (image.topic(name).isPresent()) {
            throw new TopicExistsException("topic " + name + " exists already");
        }
        if (Topic.hasCollisionChars(name)) {
            for (TopicImage other : image.topics()) {
                if (Topic.hasCollision(name, other.name())) {
                    throw new InvalidTopicException("topic " + name + " would be mistaken for " + other.name() + " in metrics, where '.' and '_' are the same");
                }
            }
        }
        if (partitions < 1 || partitions > MAX_PARTITIONS_PER_TOPIC) {
            throw new InvalidPartitionsException("topic " + name + ": " + partitions + " partitions; allowed are 1 to " + MAX_PARTITIONS_PER_TOPIC);
        }
    }

    /** @throws InvalidPartitionsException unless the count is greater than now and in range */
    public void checkPartitions(TopicImage topic, int count) {
        if (count <= topic.partitions()) {
            throw new InvalidPartitionsException("topic " + topic.name() + " has " + topic.partitions() + " partitions, their number can only grow, not be " + count);
        }
        if (count > MAX_PARTITIONS_PER_TOPIC) {
            throw new InvalidPartitionsException("topic " + topic.name() + ": " + count + " partitions; allowed are 1 to " + MAX_PARTITIONS_PER_TOPIC);
        }
    }

    /**
     * @return the properties as they are to be stored
     * @throws InvalidConfigurationException naming the first property that is unknown or has a wrong value
     */
    public Map<String, String> checkConfig(Map<String, String> config) {
        return defaults.check(config);
    }

    /** Fails as {@link #checkNew} and {@link #checkConfig} do. */
    public TopicImage createTopic(String name, int partitions, Map<String, String> config) {
        changing.lock();
        try {
            checkNew(name, partitions);
            Map<String, String> checked = checkConfig(config);
            if (!Topic.isInternal(name)) {
                store.checkSpace();
            }
            Uuid id = Uuid.randomUuid();
            commit(new MetadataRecord.TopicCreated(id, name, partitions, image.starts(), checked));
            TopicImage topic = existing(id);
            openLogs(topic, 0, store::create);
            LOG.info("topic {} created with {} partitions, id {}", name, partitions, id);
            return topic;
        } finally {
            changing.unlock();
        }
    }

    public void addPartitions(Uuid id, int count) {
        changing.lock();
        try {
            TopicImage before = existing(id);
            checkPartitions(before, count);
            store.checkSpace();
            commit(new MetadataRecord.PartitionsAdded(id, count));
            openLogs(existing(id), before.partitions(), store::create);
            LOG.info("topic {} has {} partitions now", before.name(), count);
        } finally {
            changing.unlock();
        }
    }

    /**
     * Changes the configuration of a topic, a node (all nodes by the empty name), a group or a subscription to clients' metrics, and makes what
     * runs follow it.
     *
     * @param change       from all that is set now to all that is to be
     * @param validateOnly whether to stop before anything changes
     * @throws org.apache.kafka.common.errors.ApiException naming what is refused; nothing has changed then
     */
    public void configure(ConfigResource resource, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        changing.lock();
        try {
            if (resource.type() == ConfigResource.Type.TOPIC) {
                configureTopic(resource.name(), change, validateOnly);
            } else {
                configureResource(resource, change, validateOnly);
            }
        } finally {
            changing.unlock();
        }
    }

    private void configureTopic(String name, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        if (name.isEmpty()) {
            throw new InvalidRequestException("Default topic resources are not allowed: name the topic");
        }
        Topic.validate(name);
        TopicImage topic = image.topic(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
        Map<String, String> config = checkConfig(change.apply(topic.config()));
        if (validateOnly || config.equals(topic.config())) {
            return;
        }
        commit(new MetadataRecord.TopicConfigured(topic.id(), config));
        reconfigureLogs(existing(topic.id()));
        LOG.info("topic {} has the properties {} now", name, config);
    }

    private void configureResource(ConfigResource resource, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        ConfigRules.checkName(resource, self.idString());
        Map<String, String> before = image.resources().of(resource.type(), resource.name());
        Map<String, String> config = ConfigRules.check(resource, before, change.apply(before), settings);
        NodeSettings next = settingsBy(image.resources().with(resource, config));
        if (resource.type() == ConfigResource.Type.BROKER) {
            TopicDefaults.of(next).check(Map.of());
            followers.forEach(follower -> follower.check(next));
        }
        if (validateOnly || config.equals(before)) {
            return;
        }
        commit(new MetadataRecord.ResourceConfigured(resource, config));
        if (resource.type() == ConfigResource.Type.BROKER) {
            settings = next;
            defaults = TopicDefaults.of(next);
            image.topics().forEach(this::reconfigureLogs);
            followers.forEach(follower -> follower.apply(next));
        }
        LOG.info("{} {} has the configuration {} now", resource.type(), resource.name().isEmpty() ? "default" : resource.name(), config.keySet());
    }

    private NodeSettings settingsBy(ResourceConfigs resources) {
        return settings.with(resources.of(ConfigResource.Type.BROKER, ""), resources.of(ConfigResource.Type.BROKER, self.idString()));
    }

    private void reconfigureLogs(TopicImage topic) {
        LogConfig inForce = defaults.resolve(topic.config());
        for (int index = 0; index < topic.partitions(); index++) {
            leader(new TopicPartition(topic.name(), index)).ifPresent(partition -> partition.log().reconfigure(inForce));
        }
    }

    public void deleteTopic(Uuid id) {
        TopicImage topic;
        changing.lock();
        try {
            topic = existing(id);
            commit(new MetadataRecord.TopicDeleted(id));
            for (int index = 0; index < topic.partitions(); index++) {
                TopicPartition partition = new TopicPartition(topic.name(), index);
                led.remove(partition);
                store.delete(partition);
            }
            LOG.info("topic {} deleted, id {}", topic.name(), id);
        } finally {
            changing.unlock();
        }
        Thread.ofVirtual().name("deletion of " + topic.name()).start(() -> deletionListeners.forEach(listener -> tell(listener, topic.name())));
    }

    /**
     * Sets and removes quotas of one entity.
     *
     * @throws org.apache.kafka.common.errors.InvalidRequestException saying what cannot be
     */
    public void alterQuotas(QuotaAlteration alteration, boolean validateOnly) {
        changing.lock();
        try {
            Map<String, Double> values = alteration.applied(image.quotas());
            if (!validateOnly) {
                commit(new MetadataRecord.QuotasSet(alteration.entity().entries(), values));
                LOG.info("{} has the quotas {} now", alteration.entity(), values);
            }
        } finally {
            changing.unlock();
        }
    }

    private static void tell(Consumer<String> listener, String topic) {
        try {
            listener.accept(topic);
        } catch (RuntimeException failed) {
            LOG.error("{} failed on the deletion of topic {}", listener, topic, failed);
        }
    }

    private TopicImage existing(Uuid id) {
        return image.topic(id).orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + id));
    }

    /** A node starts on a full disk, too: then the journal gets the record with the next one, or when there is space. */
    private void takeOver() {
        MetadataRecord.LeaderStarted started = new MetadataRecord.LeaderStarted(self.id());
        try {
            commit(started);
        } catch (JournalFullException full) {
            LOG.error("{}; this start is recorded as soon as there is", full.getMessage());
            image = image.with(started);
            owed = started;
            store.onSpace(this::settle);
        }
    }

    private void settle() {
        changing.lock();
        try {
            if (owed != null) {
                journal.append(List.of(owed));
                owed = null;
            }
        } catch (JournalFullException stillFull) {
            LOG.warn("{}", stillFull.getMessage());
        } finally {
            changing.unlock();
        }
    }

    private void commit(MetadataRecord record) {
        ClusterImage next = image.with(record);
        journal.append(owed == null ? List.of(record) : List.of(owed, record));
        owed = null;
        image = next;
        journal.compact(next);
    }

    /** How partitions get their logs. */
    private interface Opening {
        List<PartitionLog> open(List<TopicPartition> partitions, Uuid topicId, LogConfig config);
    }

    private void openLogs(TopicImage topic, int from, Opening opening) {
        LogConfig config = defaults.resolve(topic.config());
        List<TopicPartition> partitions = new ArrayList<>();
        for (int index = from; index < topic.partitions(); index++) {
            partitions.add(new TopicPartition(topic.name(), index));
        }
        int epoch = image.leaderEpoch(topic);
        for (PartitionLog log : opening.open(partitions, topic.id(), config)) {
            log.reconfigure(config);
            // A log that came from elsewhere may have seen more leaders than this cluster's topic.
            led.put(log.topicPartition(), new LedPartition(log, Math.max(epoch, log.leaderEpoch())));
        }
    }

    /**
     * A crash between a deletion's record and the files leaves logs that no topic has; a topic of that name may even exist anew. What was not
     * deleted for sure is only set aside: a damaged journal must not cost the data.
     *
     * @throws IllegalStateException if a topic's log says that it is another topic's, which no crash leaves behind
     */
    private void removeStrays(Set<Uuid> deleted) {
        for (PartitionLog log : List.copyOf(store.logs())) {
            TopicPartition partition = log.topicPartition();
            boolean wanted = image.topic(log.topicId()).filter(topic -> topic.name().equals(partition.topic()) && partition.partition() < topic.partitions())
                    .isPresent();
            if (wanted) {
                continue;
            }
            Optional<TopicImage> namesake = image.topic(partition.topic()).filter(topic -> partition.partition() < topic.partitions());
            if (deleted.contains(log.topicId())) {
                LOG.warn("{}: its topic was deleted; its log goes, too", partition);
                store.delete(partition);
            } else if (namesake.isPresent()) {
                throw new IllegalStateException("the log " + partition + " is of topic id " + log.topicId() + ", but the topic has the id "
                        + namesake.get().id() + "; correct its partition.metadata if that is damaged, or move the log's folder away");
            } else {
                LOG.error("{}: no topic has the id {} of its log, which is set aside as {}; move it back once metadata.journal is restored, or remove it", partition, log.topicId(), store.setAside(partition));
            }
        }
    }

    @Override
    public void close() {
        changing.lock();
        try {
            journal.close();
        } finally {
            changing.unlock();
        }
    }
}
