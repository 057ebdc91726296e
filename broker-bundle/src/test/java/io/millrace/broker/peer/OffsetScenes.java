package io.millrace.broker.peer;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Listing offsets and epochs, and deleting records. */
final class OffsetScenes extends Scenes {

    OffsetScenes(Comparison comparison) {
        super(comparison);
    }

    void offsets() throws IOException {
        createTopic("listed", 2);
        for (int i = 0; i < 4; i++) {
            int at = i;
            produce("some", 9, "listed", _ -> MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(DAY_1 + at * 100, new byte[1]),
                    new SimpleRecord(DAY_1 + at * 100 + 50, new byte[1])));
        }
        for (int version = 1; version <= 11; version++) {
            for (long time : new long[] {-1, -2, -3, -4, -5, -6, -7, 0, DAY_1 + 120, DAY_1 + 350, DAY_1 + 351, Long.MAX_VALUE}) {
                for (byte isolation = 0; isolation < (version >= 2 ? 2 : 1); isolation++) {
                    byte level = isolation;
                    for (int epoch : version >= 4 ? new int[] {-1, 0, 4} : new int[] {-1}) {
                        for (int partition = 0; partition < 3; partition++) {
                            int index = partition;
                            int now = version;
                            ask("time " + time + " isolation " + isolation + " epoch " + epoch + " partition " + partition, ApiKeys.LIST_OFFSETS,
                                    version,
                                    side -> listOffsets(side, now, "listed", index, time, epoch, level));
                        }
                    }
                }
            }
            int now = version;
            ask("twice", ApiKeys.LIST_OFFSETS, version, side -> {
                ListOffsetsRequestData data = listOffsets(side, now, "listed", 0, -1, -1, (byte) 0);
                data.topics().getFirst().setPartitions(List.of(new ListOffsetsPartition().setTimestamp(-1), new ListOffsetsPartition()
                        .setTimestamp(-2)));
                return data;
            });
        }
    }

    void epochs() throws IOException {
        createTopic("epochal", 1);
        for (boolean written : new boolean[] {false, true}) {
            if (written) {
                produce("some", 9, "epochal", _ -> batch(-1, -1, -1, false, 5));
            }
            for (int version = 2; version <= 4; version++) {
                for (int replica : new int[] {-1, -2}) {
                    for (int epoch : new int[] {-1, 0, 1, 7}) {
                        for (int current : new int[] {-1, 0, 3}) {
                            for (int partition = 0; partition < 2; partition++) {
                                int index = partition;
                                int now = version;
                                ask("epoch " + epoch + " current " + current + " written " + written, ApiKeys.OFFSET_FOR_LEADER_EPOCH, version,
                                        side -> {
                                    OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
                                    topics.add(new OffsetForLeaderTopic().setTopic(side.name("epochal")).setPartitions(List.of(
                                            new OffsetForLeaderPartition().setPartition(index).setLeaderEpoch(epoch)
                                                    .setCurrentLeaderEpoch(current))));
                                    OffsetForLeaderEpochRequestData data = new OffsetForLeaderEpochRequestData().setTopics(topics);
                                    return now >= 3 ? data.setReplicaId(replica) : data;
                                });
                            }
                        }
                    }
                }
            }
        }
    }

    void deletion() throws IOException {
        createTopic("shrinking", 1);
        createTopic("kept", 1, "cleanup.policy", "compact");
        createTopic("both", 1, "cleanup.policy", "compact,delete");
        for (String topic : List.of("shrinking", "kept", "both")) {
            for (int i = 0; i < 4; i++) {
                produce("some", 9, topic, _ -> batch(-1, -1, -1, false, 5));
            }
            for (int version = 0; version <= 2; version++) {
                for (long offset : new long[] {-2, version + 1, version, 100, -1}) {
                    if (offset == -1 && version < 2) {
                        continue;
                    }
                    ask("before " + offset + " of " + topic, ApiKeys.DELETE_RECORDS, version, side -> deleteRecords(side.name(topic), 0, offset));
                    ask("start after it", ApiKeys.LIST_OFFSETS, 7, side -> listOffsets(side, 7, topic, 0, -2, -1, (byte) 0));
                    ask("time after it", ApiKeys.LIST_OFFSETS, 7, side -> listOffsets(side, 7, topic, 0, 5, -1, (byte) 0));
                    ask("greatest time after it", ApiKeys.LIST_OFFSETS, 7, side -> listOffsets(side, 7, topic, 0, -3, -1, (byte) 0));
                }
                ask("unknown", ApiKeys.DELETE_RECORDS, version, _ -> deleteRecords("nowhere", 0, 1));
                ask("no partition", ApiKeys.DELETE_RECORDS, version, side -> deleteRecords(side.name(topic), 6, 1));
                ask("internal", ApiKeys.DELETE_RECORDS, version, _ -> deleteRecords("__consumer_offsets", 0, 0));
            }
        }
    }

    private static DeleteRecordsRequestData deleteRecords(String topic, int partition, long offset) {
        return new DeleteRecordsRequestData().setTimeoutMs(5_000).setTopics(List.of(new DeleteRecordsTopic().setName(topic)
                .setPartitions(List.of(new DeleteRecordsPartition().setPartitionIndex(partition).setOffset(offset)))));
    }
}
