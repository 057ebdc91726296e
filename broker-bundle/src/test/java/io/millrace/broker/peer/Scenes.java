package io.millrace.broker.peer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** What scenes are made of. */
abstract class Scenes {

    /** When the records of all scenes were made. */
    static final long DAY_1 = System.currentTimeMillis() - 3_600_000;

    final Comparison comparison;

    Scenes(Comparison comparison) {
        this.comparison = comparison;
    }

    void ask(String what, ApiKeys api, int version, Function<Side, ApiMessage> request) throws IOException {
        comparison.ask(what, api, version, request, (_, _) -> {
        });
    }

    void ask(String what, ApiKeys api, int version, Function<Side, ApiMessage> request, BiConsumer<Side, ApiMessage> took) throws IOException {
        comparison.ask(what, api, version, request, took);
    }

    void createTopic(String name, int partitions, String... configs) throws IOException {
        ask("create " + name, ApiKeys.CREATE_TOPICS, 7, side -> {
            CreatableTopicConfigCollection all = new CreatableTopicConfigCollection();
            for (int i = 0; i < configs.length; i += 2) {
                all.add(new CreatableTopicConfig().setName(configs[i]).setValue(configs[i + 1]));
            }
            CreatableTopicCollection topics = new CreatableTopicCollection();
            topics.add(new CreatableTopic().setName(side.name(name)).setNumPartitions(partitions).setReplicationFactor((short) 1).setConfigs(all));
            return new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(10_000);
        }, (side, answer) -> ((CreateTopicsResponseData) answer).topics().forEach(topic -> {
            side.topics.put(name, topic.topicId());
            topic.setConfigs(List.of());
        }));
    }

    static MemoryRecords batch(long producerId, int epoch, int sequence, boolean transactional, int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            records[i] = new SimpleRecord(DAY_1 + i, ("k" + i).getBytes(StandardCharsets.UTF_8), "v".getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, 0L, Compression.NONE, TimestampType.CREATE_TIME, producerId, (short) epoch,
                sequence,
                RecordBatch.NO_PARTITION_LEADER_EPOCH, transactional, records);
    }

    static ProduceRequestData produce(Side side, int version, String transactionalId, String topic, int partition, MemoryRecords records) {
        TopicProduceData data = new TopicProduceData();
        if (version >= 13) {
            data.setTopicId(side.topicId(topic));
        } else {
            data.setName(side.name(topic));
        }
        data.setPartitionData(List.of(new PartitionProduceData().setIndex(partition).setRecords(records)));
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        topics.add(data);
        return new ProduceRequestData().setAcks((short) -1).setTimeoutMs(5_000).setTransactionalId(transactionalId).setTopicData(topics);
    }

    void produce(String what, int version, String topic, Function<Side, MemoryRecords> records) throws IOException {
        ask(what, ApiKeys.PRODUCE, version, side -> produce(side, version, null, topic, 0, records.apply(side)));
    }

    void produceIn(String what, int version, String id, String topic, int partition, Function<Side, MemoryRecords> records) throws IOException {
        ask(what, ApiKeys.PRODUCE, version, side -> produce(side, version, id == null ? null : side.name(id), topic, partition, records.apply(side)));
    }

    void init(String what, int version, String name, String id, int timeout, Function<Side, InitProducerIdRequestData> with) throws IOException {
        ask(what, ApiKeys.INIT_PRODUCER_ID, version, side -> with.apply(side).setTransactionalId(id == null ? null : side.name(id))
                .setTransactionTimeoutMs(timeout),
                (side, answer) -> {
                    InitProducerIdResponseData made = (InitProducerIdResponseData) answer;
                    if (made.errorCode() == 0) {
                        side.values.put(name, made.producerId());
                        side.values.put(name + " epoch", made.producerEpoch());
                    }
                });
    }

    void init(String what, int version, String name, String id) throws IOException {
        init(what, version, name, id, 60_000, _ -> new InitProducerIdRequestData());
    }

    static ListOffsetsRequestData listOffsets(Side side, int version, String topic, int partition, long time, int epoch, byte isolation) {
        ListOffsetsPartition asked = new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(time).setCurrentLeaderEpoch(epoch);
        ListOffsetsRequestData data = new ListOffsetsRequestData().setReplicaId(-1).setIsolationLevel(isolation)
                .setTopics(List.of(new ListOffsetsTopic().setName(side.name(topic)).setPartitions(List.of(asked))));
        return version >= 10 ? data.setTimeoutMs(1000) : data;
    }

    static FetchRequestData fetch(Side side, int version, String topic, int partition, long offset, byte isolation, int epoch) {
        FetchTopic asked = new FetchTopic().setPartitions(List.of(new FetchPartition().setPartition(partition).setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20)
                .setCurrentLeaderEpoch(epoch)));
        if (version >= 13) {
            asked.setTopicId(side.topicId(topic));
        } else {
            asked.setTopic(side.name(topic));
        }
        FetchRequestData data = new FetchRequestData().setMaxWaitMs(0).setMinBytes(0).setMaxBytes(1 << 20).setIsolationLevel(isolation)
                .setTopics(List.of(asked));
        return version >= 7 ? data.setSessionEpoch(-1) : data;
    }
}
