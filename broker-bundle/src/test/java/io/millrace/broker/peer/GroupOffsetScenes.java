package io.millrace.broker.peer;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Offsets that groups commit in transactions. */
final class GroupOffsetScenes extends TransactionSteps {

    GroupOffsetScenes(Comparison comparison) {
        super(comparison);
    }

    void offsetsInTransactions() throws IOException {
        createTopic("consumed", 2);
        for (int version = 0; version <= 6; version++) {
            String id = "g" + version;
            String group = "group" + version;
            int added = Math.min(version, 4);
            init("first", 5, id, id);
            if (version < 6) {
                commitOffsets("before", version, id, id, group, 0, 10, "", -1);
            }
            ask("empty id", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId("")
                    .setGroupId(side.name(group))
                    .setProducerId(side.id(id)).setProducerEpoch(side.epoch(id)));
            ask("later epoch", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id))
                    .setGroupId(side.name(group))
                    .setProducerId(side.id(id)).setProducerEpoch((short) (side.epoch(id) + 1)));
            ask("another id", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id))
                    .setGroupId(side.name(group))
                    .setProducerId(7).setProducerEpoch((short) 0));
            ask("add", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id))
                    .setGroupId(side.name(group))
                    .setProducerId(side.id(id)).setProducerEpoch(side.epoch(id)));
            commitOffsets("inside", version, id, id, group, 0, 11, "", -1);
            commitOffsets("unknown partition", version, id, id, group, 9, 11, "", -1);
            commitOffsets("no group", version, id, id, "", 0, 11, "", -1);
            commitOffsets("an unknown member", version, id, id, group, 0, 12, "somebody", 3);
            commitOffsets("an unknown member without generation", version, id, id, group, 0, 12, "somebody", -1);
            commitOffsets("a generation without member", version, id, id, group, 0, 12, "", 3);
            commitOffsets("later epoch", version, id, id, group, 0, 12, "", -1, 1);
            for (int fetched = 1; fetched <= 10; fetched++) {
                fetchOffsets("open", fetched, group, false);
                fetchOffsets("open", fetched, group, true);
            }
            ask("open", ApiKeys.OFFSET_DELETE, 0, side -> new OffsetDeleteRequestData().setGroupId(side.name(group)));
            end("commit", version < 5 ? 4 : 5, id, id, 0, true);
            fetchOffsets("committed", 9, group, true);
            commitOffsets("late", version, id, id, group, 0, 13, "", -1, version < 5 ? 0 : -1);
            commitOffsets("next", version, id, id, group, 1, 14, "", -1);
            fetchOffsets("next", 8, group, true);
            end("abort", version < 5 ? 4 : 5, id, id, 0, false);
            fetchOffsets("aborted", 9, group, true);
        }
    }

    private void commitOffsets(String what, int version, String id, String name, String group, int partition, long offset, String member,
            int generation)
            throws IOException {
        commitOffsets(what, version, id, name, group, partition, offset, member, generation, 0);
    }

    private void commitOffsets(String what, int version, String id, String name, String group, int partition, long offset, String member,
            int generation, int epochMore)
            throws IOException {
        ask(what, ApiKeys.TXN_OFFSET_COMMIT, version, side -> {
            TxnOffsetCommitRequestTopic topic = new TxnOffsetCommitRequestTopic().setPartitions(List.of(
                    new TxnOffsetCommitRequestPartition().setPartitionIndex(partition).setCommittedOffset(offset).setCommittedMetadata("")));
            if (version >= 6) {
                topic.setTopicId(side.topicId("consumed"));
            } else {
                topic.setName(side.name("consumed"));
            }
            TxnOffsetCommitRequestData data = new TxnOffsetCommitRequestData().setTransactionalId(side.name(id)).setProducerId(side.id(name))
                    .setProducerEpoch((short) (side.epoch(name) + epochMore)).setGroupId(group.isEmpty() ? group : side.name(group))
                            .setTopics(List.of(topic));
            return member.isEmpty() && generation < 0 ? data : data.setMemberId(member).setGenerationIdOrMemberEpoch(generation);
        });
    }

    private void fetchOffsets(String what, int version, String group, boolean stable) throws IOException {
        if (stable && version < 7) {
            return;
        }
        ask(what + " stable " + stable, ApiKeys.OFFSET_FETCH, version, side -> {
            if (version < 8) {
                return new OffsetFetchRequestData().setGroupId(side.name(group)).setRequireStable(stable).setTopics(List.of(
                        new OffsetFetchRequestTopic().setName(side.name("consumed")).setPartitionIndexes(List.of(0, 1))));
            }
            OffsetFetchRequestTopics topic = new OffsetFetchRequestTopics().setPartitionIndexes(List.of(0, 1));
            if (version >= 10) {
                topic.setTopicId(side.topicId("consumed"));
            } else {
                topic.setName(side.name("consumed"));
            }
            return new OffsetFetchRequestData().setRequireStable(stable).setGroups(List.of(new OffsetFetchRequestGroup()
                    .setGroupId(side.name(group)).setTopics(List.of(topic))));
        });
    }
}
