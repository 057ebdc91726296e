package io.millrace.broker.group;

import io.millrace.api.metrics.Meters;
import io.millrace.broker.coordinator.Clockwork;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Shards;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.request.Handler;
import io.millrace.broker.transaction.TransactionGate;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;

/** Serves groups and their offsets. */
public final class GroupCoordinator implements AutoCloseable {

    private final Partitions partitions;
    private final Function<Uuid, Optional<String>> topicNames;
    private final CoordinatorSettings settings;
    private final Shards<GroupShard> shards;

    private GroupCoordinator(Partitions partitions, Function<Uuid, Optional<String>> topicNames, Clock clock, Clockwork clockwork,
            CoordinatorSettings settings) {
        this.partitions = partitions;
        this.topicNames = topicNames;
        this.settings = settings;
        this.shards = Shards.load(Topic.GROUP_METADATA_TOPIC_NAME, settings.offsetsPartitions(), partitions, clock, clockwork,
                () -> new GroupShard(settings, () -> UUID.randomUUID().toString()));
        partitions.onTopicDeleted(topic -> shards.all().forEach(shard -> shard.run((state, journal) -> {
            state.offsets().topicDeleted(topic, journal);
            return null;
        })));
    }

    /** @param topicNames by id, for requests that name topics so */
    public static GroupCoordinator start(Partitions partitions, Function<Uuid, Optional<String>> topicNames, Clock clock, Clockwork clockwork,
            CoordinatorSettings settings) {
        return new GroupCoordinator(partitions, topicNames, clock, clockwork, settings);
    }

    public List<Handler> handlers(TransactionGate transactions) {
        return List.of(new JoinGroup(this), new SyncGroup(this), new Heartbeat(this), new LeaveGroup(this), new OffsetCommit(this), new OffsetFetch(this),
                new OffsetDelete(this), new TxnOffsetCommit(this, transactions), new DescribeGroups(this), new ListGroups(this), new DeleteGroups(this));
    }

    public Shards<GroupShard> shards() {
        return shards;
    }

    public void tell(Meters meters) {
        GroupMeters.tell(meters, shards, partitions);
    }

    /** @return null if there is no topic of that id */
    String topicName(boolean byId, Uuid id, String name) {
        return byId ? topicNames.apply(id).orElse(null) : name;
    }

    Uuid topicId(TopicPartition partition) {
        return partitions.log(partition).map(PartitionLog::topicId).orElse(Uuid.ZERO_UUID);
    }

    /** Whether a position can be stored. */
    Errors check(String topic, int index, String metadata) {
        if (topic == null) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        if (metadata != null && metadata.getBytes(StandardCharsets.UTF_8).length > settings.maxOffsetMetadataBytes()) {
            return Errors.OFFSET_METADATA_TOO_LARGE;
        }
        return partitions.log(new TopicPartition(topic, index)).isPresent() ? Errors.NONE : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }

    @Override
    public void close() {
        shards.close();
    }
}
