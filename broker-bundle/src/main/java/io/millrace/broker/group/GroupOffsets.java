package io.millrace.broker.group;

import io.millrace.broker.coordinator.Journal;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/** The committed offsets of a shard's groups, and those of transactions that are open. Changes go to the journal. */
final class GroupOffsets {

    private final Map<String, Map<TopicPartition, CommittedOffset>> committed = new HashMap<>();
    /** Of open transactions, by producer id, then group. */
    private final Map<Long, Map<String, Map<TopicPartition, CommittedOffset>>> pending = new HashMap<>();

    /** @param offset null if it was removed */
    void replay(long producerId, String group, TopicPartition partition, CommittedOffset offset) {
        if (offset == null) {
            drop(group, partition);
        } else if (producerId != Journal.NO_PRODUCER) {
            pend(producerId, group, partition, offset);
        } else {
            put(group, partition, offset);
        }
    }

    void ended(long producerId, boolean commits) {
        Map<String, Map<TopicPartition, CommittedOffset>> ended = pending.remove(producerId);
        if (ended != null && commits) {
            ended.forEach((group, positions) -> committed.computeIfAbsent(group, _ -> new HashMap<>()).putAll(positions));
        }
    }

    void commit(String group, TopicPartition partition, CommittedOffset offset, Journal journal) {
        put(group, partition, offset);
        journal.put(GroupRecords.offsetKey(group, partition), GroupRecords.offset(offset));
    }

    void commitInTransaction(long producerId, short producerEpoch, String group, TopicPartition partition, CommittedOffset offset, Journal journal) {
        pend(producerId, group, partition, offset);
        journal.put(producerId, producerEpoch, GroupRecords.offsetKey(group, partition), GroupRecords.offset(offset));
    }

    private void put(String group, TopicPartition partition, CommittedOffset offset) {
        committed.computeIfAbsent(group, _ -> new HashMap<>()).put(partition, offset);
    }

    private void pend(long producerId, String group, TopicPartition partition, CommittedOffset offset) {
        pending.computeIfAbsent(producerId, _ -> new HashMap<>()).computeIfAbsent(group, _ -> new HashMap<>()).put(partition, offset);
    }

    /** @return by partition, never null */
    Map<TopicPartition, CommittedOffset> of(String group) {
        return committed.getOrDefault(group, Map.of());
    }

    /** Groups with committed offsets. */
    Collection<String> groups() {
        return committed.keySet();
    }

    int count() {
        return committed.values().stream().mapToInt(Map::size).sum();
    }

    /** Whether the group has offsets, or may get some from an open transaction. */
    boolean exist(String group) {
        return committed.containsKey(group) || pending.values().stream().anyMatch(byGroup -> byGroup.containsKey(group));
    }

    /** Whether an open transaction may change the group's position in the partition. */
    boolean isUnstable(String group, TopicPartition partition) {
        return pending.values().stream().anyMatch(byGroup -> byGroup.getOrDefault(group, Map.of()).containsKey(partition));
    }

    void remove(String group, TopicPartition partition, Journal journal) {
        if (drop(group, partition)) {
            journal.remove(GroupRecords.offsetKey(group, partition));
        }
    }

    private boolean drop(String group, TopicPartition partition) {
        Map<TopicPartition, CommittedOffset> ofGroup = committed.get(group);
        boolean was = ofGroup != null && ofGroup.remove(partition) != null;
        if (was && ofGroup.isEmpty()) {
            committed.remove(group);
        }
        return was;
    }

    void groupDeleted(String group, Journal journal) {
        for (TopicPartition partition : List.copyOf(of(group).keySet())) {
            remove(group, partition, journal);
        }
        pending.values().forEach(byGroup -> byGroup.remove(group));
    }

    void topicDeleted(String topic, Journal journal) {
        for (String group : List.copyOf(committed.keySet())) {
            for (TopicPartition partition : List.copyOf(of(group).keySet())) {
                if (partition.topic().equals(topic)) {
                    remove(group, partition, journal);
                }
            }
        }
        pending.values().forEach(byGroup -> byGroup.values().forEach(ofGroup -> ofGroup.keySet().removeIf(partition -> partition.topic().equals(topic))));
    }

    /**
     * Removes what was committed up to a time, of some topics. What an open transaction is about to replace stays.
     *
     * @param topics whose offsets are no longer wanted
     */
    void expire(String group, long committedUntil, Predicate<String> topics, Journal journal) {
        for (Map.Entry<TopicPartition, CommittedOffset> entry : List.copyOf(of(group).entrySet())) {
            TopicPartition partition = entry.getKey();
            if (entry.getValue().committedAt() <= committedUntil && topics.test(partition.topic()) && !isUnstable(group, partition)) {
                remove(group, partition, journal);
            }
        }
    }
}
