package io.millrace.broker.metadata;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.quota.QuotaAlteration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    private final String clusterId;
    private final Node self;
    private final LogStore store;
    private final ReentrantLock changing = new ReentrantLock();
    /** Both are changed under {@link #changing}. */
    private final RecordedImage recorded;
    private final LedPartitions led;
    private final List<Consumer<String>> deletionListeners = new CopyOnWriteArrayList<>();
    private final List<SettingsFollower> followers = new CopyOnWriteArrayList<>();
    /** What is in force by the records up to now; replaced under {@link #changing}. */
    private volatile NodeSettings settings;
    private volatile TopicDefaults defaults;

    private ClusterMetadata(String clusterId, Node self, MetadataJournal journal, LogStore store, NodeSettings settings) {
        this.clusterId = clusterId;
        this.self = self;
        this.store = store;
        this.recorded = new RecordedImage(journal);
        this.led = new LedPartitions(store);
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
            metadata.start();
        } finally {
            metadata.changing.unlock();
        }
        return metadata;
    }

    private void start() {
        Set<Uuid> deleted = recorded.replay();
        settings = settingsBy(image().resources());
        defaults = TopicDefaults.of(settings);
        // A node starts on a full disk, too.
        if (!recorded.commitOrOwe(new MetadataRecord.LeaderStarted(self.id()))) {
            store.onSpace(this::settle);
        }
        ClusterImage now = image();
        store.settleDoubles(name -> now.topic(name).map(TopicImage::id));
        led.removeStrays(now, deleted);
        now.topics().forEach(topic -> led.reopen(topic, now.leaderEpoch(topic), defaults.resolve(topic.config())));
    }

    public String clusterId() {
        return clusterId;
    }

    /** This node, at the address that clients are told. */
    public Node self() {
        return self;
    }

    public ClusterImage image() {
        return recorded.image();
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

    /** What clients are told, which is what they must name. */
    public int leaderEpoch(TopicImage topic, int partition) {
        return leader(new TopicPartition(topic.name(), partition)).map(LedPartition::leaderEpoch).orElseGet(() -> image().leaderEpoch(topic));
    }

    @Override
    public Optional<LedPartition> leader(TopicPartition partition) {
        return led.leader(partition);
    }

    /** Whether this node has the partition and its disk works. */
    public boolean isOnline(TopicPartition partition) {
        return leader(partition).filter(known -> known.log().isOnline()).isPresent();
    }

    /** Partitions whose disk failed. */
    public long offlinePartitions() {
        return led.offline();
    }

    /** Where the logs are. */
    public LogStore store() {
        return store;
    }

    @Override
    public List<PartitionLog> logs() {
        return led.logs();
    }

    @Override
    public List<LedPartition> ensureInternal(String name, int partitions, Map<String, String> config) {
        TopicImage topic = image().topic(name).orElse(null);
        if (topic == null) {
            try {
                topic = createTopic(name, partitions, config);
            } catch (TopicExistsException meanwhile) {
                topic = image().topic(name).orElseThrow(() -> meanwhile);
            }
        }
        return led.of(topic);
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
        TopicRules.checkNew(image(), name, partitions);
    }

    /** @throws InvalidPartitionsException unless the count is greater than now and in range */
    public void checkPartitions(TopicImage topic, int count) {
        TopicRules.checkPartitions(topic, count);
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
            recorded.commit(new MetadataRecord.TopicCreated(id, name, partitions, image().starts(), checked));
            TopicImage topic = existing(id);
            led.create(topic, 0, image().leaderEpoch(topic), defaults.resolve(topic.config()));
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
            recorded.commit(new MetadataRecord.PartitionsAdded(id, count));
            TopicImage topic = existing(id);
            led.create(topic, before.partitions(), image().leaderEpoch(topic), defaults.resolve(topic.config()));
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
        TopicImage topic = image().topic(name).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no topic " + name));
        Map<String, String> config = checkConfig(change.apply(topic.config()));
        if (validateOnly || config.equals(topic.config())) {
            return;
        }
        recorded.commit(new MetadataRecord.TopicConfigured(topic.id(), config));
        reconfigureLogs(existing(topic.id()));
        LOG.info("topic {} has the properties {} now", name, config);
    }

    private void configureResource(ConfigResource resource, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        ConfigRules.checkName(resource, self.idString());
        Map<String, String> before = image().resources().of(resource.type(), resource.name());
        Map<String, String> wished = change.apply(before);
        Map<String, String> config;
        NodeSettings next;
        try {
            config = ConfigRules.check(resource, before, wished, settings);
            next = settingsBy(image().resources().with(resource, config));
            if (resource.type() == ConfigResource.Type.BROKER) {
                TopicDefaults.of(next).check(Map.of());
                followers.forEach(follower -> follower.check(next));
            }
        } catch (InvalidConfigurationException refused) {
            throw ConfigRules.refusal(resource, refused);
        }
        if (validateOnly || config.equals(before)) {
            return;
        }
        recorded.commit(new MetadataRecord.ResourceConfigured(resource, config));
        if (resource.type() == ConfigResource.Type.BROKER) {
            settings = next;
            defaults = TopicDefaults.of(next);
            image().topics().forEach(this::reconfigureLogs);
            followers.forEach(follower -> follower.apply(next));
        }
        LOG.info("{} {} has the configuration {} now", resource.type(), resource.name().isEmpty() ? "default" : resource.name(), config.keySet());
    }

    private NodeSettings settingsBy(ResourceConfigs resources) {
        return settings.with(resources.of(ConfigResource.Type.BROKER, ""), resources.of(ConfigResource.Type.BROKER, self.idString()));
    }

    private void reconfigureLogs(TopicImage topic) {
        led.reconfigure(topic, defaults.resolve(topic.config()));
    }

    public void deleteTopic(Uuid id) {
        TopicImage topic;
        changing.lock();
        try {
            topic = existing(id);
            recorded.commit(new MetadataRecord.TopicDeleted(id));
            led.delete(topic);
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
            Map<String, Double> values = alteration.applied(image().quotas());
            if (!validateOnly) {
                recorded.commit(new MetadataRecord.QuotasSet(alteration.entity().entries(), values));
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
        return image().topic(id).orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + id));
    }

    private void settle() {
        changing.lock();
        try {
            recorded.settle();
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void close() {
        changing.lock();
        try {
            recorded.close();
        } finally {
            changing.unlock();
        }
    }
}
