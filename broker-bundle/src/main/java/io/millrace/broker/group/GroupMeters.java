package io.millrace.broker.group;

import io.millrace.api.metrics.Meter;
import io.millrace.api.metrics.Meters;
import io.millrace.api.metrics.Tags;
import io.millrace.broker.coordinator.Shard;
import io.millrace.broker.coordinator.Shards;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.metadata.Partitions;
import io.millrace.broker.metrics.KafkaName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.kafka.common.TopicPartition;

/** Groups by state, and how far behind each one is. Names of lag and offsets are those of the well-known exporter for Kafka. */
final class GroupMeters {

    private static final Meter MEMBERS = Meter.gauge("kafka_consumergroup_members", "Members of a group.");
    private static final Meter STATE = Meter.state("kafka_consumergroup_state", "1 for the state a group is in.");
    private static final Meter OFFSET = Meter.gauge("kafka_consumergroup_current_offset", "Offset that a group committed.");
    private static final Meter LAG = Meter.gauge("kafka_consumergroup_lag", "Records between a group's committed offset and the partition's high watermark.");
    private static final Map<GroupState, String> NAMES = Map.of(GroupState.EMPTY, "NumGroupsEmpty", GroupState.PREPARING, "NumGroupsPreparingRebalance",
            GroupState.COMPLETING, "NumGroupsCompletingRebalance", GroupState.STABLE, "NumGroupsStable");

    private record Seen(String id, GroupState state, int members, Map<TopicPartition, Long> offsets) {
    }

    private GroupMeters() {
    }

    static void tell(Meters meters, Shards<GroupShard> shards, Partitions partitions) {
        List<Seen> groups = new ArrayList<>();
        for (Shard<GroupShard> shard : shards.ifLoaded()) {
            // Only copied under the shard's lock; everything else is done outside of it.
            groups.addAll(shard.run((state, _) -> state.groupIds().stream().map(id -> seen(state, id)).toList()));
        }
        groups.forEach(group -> tell(meters, group, partitions));
        String type = "GroupMetadataManager";
        meters.gauge(KafkaName.gauge("coordinator.group", type, "NumGroups", "Groups."), Tags.NONE, () -> sum(shards, shard -> shard.groupIds().size()));
        meters.gauge(KafkaName.gauge("coordinator.group", type, "NumOffsets", "Committed offsets."), Tags.NONE, () -> sum(shards, shard -> shard.offsets().count()));
        for (GroupState state : GroupState.values()) {
            meters.gauge(KafkaName.gauge("coordinator.group", type, NAMES.get(state), "Groups in the state " + state + "."), Tags.NONE,
                    () -> sum(shards, shard -> inState(shard, state)));
        }
    }

    private static double sum(Shards<GroupShard> shards, ToIntFunction<GroupShard> count) {
        return shards.ifLoaded().stream().mapToInt(shard -> shard.run((state, _) -> count.applyAsInt(state))).sum();
    }

    private static int inState(GroupShard shard, GroupState state) {
        return (int) shard.groupIds().stream().map(shard::group).filter(group -> (group == null ? GroupState.EMPTY : group.state()) == state).count();
    }

    private static Seen seen(GroupShard shard, String id) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        shard.offsets().of(id).forEach((partition, committed) -> offsets.put(partition, committed.offset()));
        Group group = shard.group(id);
        return new Seen(id, group == null ? GroupState.EMPTY : group.state(), group == null ? 0 : group.members().size(), offsets);
    }

    private static void tell(Meters meters, Seen group, Partitions partitions) {
        Tags tags = Tags.of("consumergroup", group.id());
        meters.gauge(MEMBERS, tags, group::members);
        meters.state(STATE, tags, () -> group.state().toString());
        group.offsets().forEach((partition, offset) -> partitions.log(partition).ifPresent(log -> {
            Tags where = tags.and("topic", partition.topic()).and("partition", Integer.toString(partition.partition()));
            meters.gauge(OFFSET, where, () -> offset);
            meters.gauge(LAG, where, () -> lag(log, offset));
        }));
    }

    private static double lag(PartitionLog log, long offset) {
        return Math.max(0, log.highWatermark() - offset);
    }
}
