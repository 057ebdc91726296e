package io.millrace.broker.group;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import io.millrace.broker.coordinator.StateMachine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** The groups and committed offsets of one partition of {@code __consumer_offsets}. */
final class GroupShard implements StateMachine {

    private static final long RETENTION_CHECK_MS = 600_000;

    private final CoordinatorSettings settings;
    private final GroupOffsets offsets = new GroupOffsets();
    private final Membership membership;
    private long nextRetentionCheck = NEVER;

    GroupShard(CoordinatorSettings settings, Supplier<String> uniqueIds) {
        this.settings = settings;
        this.membership = new Membership(settings, uniqueIds, offsets);
    }

    @Override
    public void replay(long producerId, short producerEpoch, ByteBuffer key, ByteBuffer value) {
        switch (GroupRecords.key(key)) {
            case GroupRecords.OffsetKey(String group, TopicPartition partition) ->
                offsets.replay(producerId, group, partition, value == null ? null : GroupRecords.offset(value));
            case GroupRecords.GroupKey(String group) -> membership.replay(group, value == null ? null : GroupRecords.group(value));
            case GroupRecords.UnknownKey _ -> {
            }
        }
    }

    @Override
    public void loaded(long now) {
        membership.loaded(now);
        nextRetentionCheck = now + RETENTION_CHECK_MS;
    }

    @Override
    public void ended(long producerId, boolean committed) {
        offsets.ended(producerId, committed);
    }

    @Override
    public long nextDeadline() {
        return Math.min(nextRetentionCheck, membership.nextDeadline());
    }

    @Override
    public void onTime(Journal journal) {
        membership.onTime(journal);
        if (nextRetentionCheck <= journal.now()) {
            nextRetentionCheck = journal.now() + RETENTION_CHECK_MS;
            expire(journal);
        }
    }

    @Override
    public void abandon(RuntimeException failure) {
        membership.abandon(failure);
    }

    Membership membership() {
        return membership;
    }

    GroupOffsets offsets() {
        return offsets;
    }

    Group group(String groupId) {
        return membership.group(groupId);
    }

    boolean exists(String groupId) {
        return membership.group(groupId) != null || offsets.exist(groupId);
    }

    /** Groups that only have offsets, too. */
    List<String> groupIds() {
        List<String> all = new ArrayList<>(membership.ids());
        offsets.groups().stream().filter(id -> membership.group(id) == null).forEach(all::add);
        return all;
    }

    Errors delete(String groupId, Journal journal) {
        if (!exists(groupId)) {
            return Errors.GROUP_ID_NOT_FOUND;
        }
        Group group = membership.group(groupId);
        if (group != null && !group.isUnused()) {
            return Errors.NON_EMPTY_GROUP;
        }
        offsets.groupDeleted(groupId, journal);
        membership.remove(groupId, journal);
        return Errors.NONE;
    }

    /**
     * Whether the group's offsets of a topic may go, and which error says that they may not. Those of a topic that members read may not; what a group
     * reads that is no consumer's is not known.
     */
    Errors checkRemoval(String groupId, String topic) {
        Group group = membership.group(groupId);
        return group == null || group.isUnused() || !group.subscription().covers(topic) ? Errors.NONE : Errors.GROUP_SUBSCRIBED_TO_TOPIC;
    }

    /** By the rules of KIP-211: without members a group's offsets stay for a while, with members those of topics that none of them reads any more. */
    private void expire(Journal journal) {
        long before = journal.now() - settings.offsetsRetentionMs();
        for (String id : groupIds()) {
            Group group = membership.group(id);
            if (group == null) {
                offsets.expire(id, before, _ -> true, journal);
            } else if (!group.isUnused()) {
                if (group.state() == GroupState.STABLE) {
                    Subscription read = group.subscription();
                    offsets.expire(id, before, topic -> !read.covers(topic), journal);
                }
            } else if (group.since() <= before) {
                offsets.expire(id, before, _ -> true, journal);
                if (!offsets.exist(id)) {
                    membership.remove(id, journal);
                }
            }
        }
    }
}
