package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transactions whose requests are sent without waiting for answers: none overtakes another, and each finds what the ones before it did. */
@Timeout(60)
class PipelinedTransactionTest {

    private static final int TRANSACTIONS = 30;
    private static final TopicPartition OUT = new TopicPartition("out", 0);

    @TempDir
    private Path folder;

    @Test
    void requestsOfATransactionAreServedAndAnsweredInOrder() throws Exception {
        try (CoordinatedBroker broker = new CoordinatedBroker(folder, 0, Map.of()); Admin admin = Admin.create(broker.client());
                WireClient client = new WireClient(broker.bootstrap())) {
            admin.createTopics(List.of(new NewTopic(OUT.topic(), 1, (short) 1))).all().get();
            InitProducerIdResponseData producer = (InitProducerIdResponseData) client.call(ApiKeys.INIT_PRODUCER_ID, 5, new InitProducerIdRequestData()
                    .setTransactionalId("t").setTransactionTimeoutMs(60_000).setProducerId(-1).setProducerEpoch((short) -1));
            short epoch = producer.producerEpoch();
            for (int number = 1; number <= TRANSACTIONS; number++) {
                int produce = client.send(ApiKeys.PRODUCE, 12, produce(producer.producerId(), epoch));
                int inTransaction = client.send(ApiKeys.TXN_OFFSET_COMMIT, 5, offsetsInTransaction(producer.producerId(), epoch, number));
                int beside = client.send(ApiKeys.OFFSET_COMMIT, 8, offsets(number));
                int end = client.send(ApiKeys.END_TXN, 5, new EndTxnRequestData().setTransactionalId("t").setProducerId(producer.producerId())
                        .setProducerEpoch(epoch).setCommitted(true));
                ProduceResponseData produced = (ProduceResponseData) client.receive(ApiKeys.PRODUCE, 12, produce);
                assertThat(produced.responses().iterator().next().partitionResponses().getFirst().errorCode()).isZero();
                TxnOffsetCommitResponseData pending = (TxnOffsetCommitResponseData) client.receive(ApiKeys.TXN_OFFSET_COMMIT, 5, inTransaction);
                assertThat(pending.topics().getFirst().partitions().getFirst().errorCode()).isZero();
                OffsetCommitResponseData committed = (OffsetCommitResponseData) client.receive(ApiKeys.OFFSET_COMMIT, 8, beside);
                assertThat(committed.topics().getFirst().partitions().getFirst().errorCode()).isZero();
                EndTxnResponseData ended = (EndTxnResponseData) client.receive(ApiKeys.END_TXN, 5, end);
                assertThat(ended.errorCode()).isZero();
                assertThat(ended.producerEpoch()).isEqualTo((short) (epoch + 1));
                epoch = ended.producerEpoch();
                assertThat(broker.metadata.log(OUT).orElseThrow().lastStableOffset()).as("what was committed can be read, marker included").isEqualTo(2L * number);
                assertThat(position(admin, "in")).isEqualTo(number);
                assertThat(position(admin, "beside")).isEqualTo(1_000 + number);
            }
        }
    }

    private static long position(Admin admin, String group) throws Exception {
        return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(OUT).offset();
    }

    private static ProduceRequestData produce(long producerId, short epoch) {
        ProduceRequestData.TopicProduceDataCollection topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(new ProduceRequestData.TopicProduceData().setName(OUT.topic()).setPartitionData(List.of(new ProduceRequestData.PartitionProduceData()
                .setIndex(0).setRecords(MemoryRecords.withTransactionalRecords(Compression.NONE, producerId, epoch, 0,
                        new SimpleRecord(System.currentTimeMillis(), "value".getBytes()))))));
        return new ProduceRequestData().setTransactionalId("t").setAcks((short) -1).setTimeoutMs(10_000).setTopicData(topics);
    }

    private static TxnOffsetCommitRequestData offsetsInTransaction(long producerId, short epoch, long offset) {
        return new TxnOffsetCommitRequestData().setTransactionalId("t").setGroupId("in").setProducerId(producerId).setProducerEpoch(epoch)
                .setTopics(List.of(new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic().setName(OUT.topic())
                        .setPartitions(List.of(new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition().setPartitionIndex(0)
                                .setCommittedOffset(offset)))));
    }

    private static OffsetCommitRequestData offsets(long number) {
        return new OffsetCommitRequestData().setGroupId("beside").setTopics(List.of(new OffsetCommitRequestData.OffsetCommitRequestTopic()
                .setName(OUT.topic()).setPartitions(List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(0)
                        .setCommittedOffset(1_000 + number)))));
    }
}
