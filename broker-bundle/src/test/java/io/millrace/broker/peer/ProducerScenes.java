package io.millrace.broker.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequestCollection;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Finding coordinators, and what idempotent producers are told. */
final class ProducerScenes extends Scenes {

    ProducerScenes(Comparison comparison) {
        super(comparison);
    }

    void coordinators() throws IOException {
        for (int version = 0; version <= 6; version++) {
            int now = version;
            for (byte type : new byte[] {0, 1, 3}) {
                if (version == 0 && type > 0) {
                    continue;
                }
                ask("type " + type, ApiKeys.FIND_COORDINATOR, version, side -> now < 4
                        ? new FindCoordinatorRequestData().setKeyType(type).setKey(side.name("key"))
                        : new FindCoordinatorRequestData().setKeyType(type).setCoordinatorKeys(List.of(side.name("a"), side.name("b"))));
            }
        }
    }

    void producers() throws IOException {
        createTopic("idem", 1);
        for (int version = 0; version <= 5; version++) {
            init("fresh", version, "p" + version, null);
        }
        init("an id without epoch", 3, "x", null, 1000, _ -> new InitProducerIdRequestData().setProducerId(5));
        init("an empty transactional id", 3, "x", null, 1000, _ -> new InitProducerIdRequestData());
        ask("an empty transactional id", ApiKeys.INIT_PRODUCER_ID, 4, _ -> new InitProducerIdRequestData().setTransactionalId("")
                .setTransactionTimeoutMs(1000));
        int sequence = 0;
        for (int version = 3; version <= 13; version++) {
            int first = sequence;
            produce("in order", version, "idem", side -> batch(side.id("p1"), 0, first, false, 2));
            produce("again", version, "idem", side -> batch(side.id("p1"), 0, first, false, 2));
            produce("a gap", version, "idem", side -> batch(side.id("p1"), 0, first + 7, false, 1));
            sequence += 2;
        }
        for (int back = 1; back < 9; back++) {
            int first = sequence - 2 * back;
            produce(back + " back", 9, "idem", side -> batch(side.id("p1"), 0, first, false, 2));
        }
        int last = sequence - 2;
        produce("part of a repetition", 9, "idem", side -> batch(side.id("p1"), 0, last, false, 1));
        produce("a later epoch in the middle", 9, "idem", side -> batch(side.id("p1"), 1, 3, false, 1));
        produce("a later epoch", 9, "idem", side -> batch(side.id("p1"), 1, 0, false, 1));
        produce("the earlier epoch", 9, "idem", side -> batch(side.id("p1"), 0, last + 2, false, 1));
        produce("the earlier epoch's repetition", 9, "idem", side -> batch(side.id("p1"), 0, last, false, 2));
        produce("an epoch left out", 9, "idem", side -> batch(side.id("p1"), 5, 0, false, 1));
        produce("unknown in the middle", 9, "idem", side -> batch(side.id("p2"), 0, 17, false, 1));
        produce("and on", 9, "idem", side -> batch(side.id("p2"), 0, 18, false, 1));
        produce("and back", 9, "idem", side -> batch(side.id("p2"), 0, 0, false, 1));
        produce("before the wrap", 9, "idem", side -> batch(side.id("p3"), 0, Integer.MAX_VALUE - 1, false, 1));
        produce("over the wrap", 9, "idem", side -> batch(side.id("p3"), 0, Integer.MAX_VALUE, false, 3));
        produce("over the wrap again", 9, "idem", side -> batch(side.id("p3"), 0, Integer.MAX_VALUE, false, 3));
        produce("after the wrap", 9, "idem", side -> batch(side.id("p3"), 0, 2, false, 1));
        produce("without a sequence", 9, "idem", side -> {
            MemoryRecords records = batch(side.id("p4"), 0, 0, false, 1);
            ByteBuffer header = records.buffer();
            header.putInt(53, -1);
            CRC32C crc = new CRC32C();
            crc.update(header.duplicate().position(21));
            header.putInt(17, (int) crc.getValue());
            return records;
        });
        produce("of an id nobody gave", 9, "idem", _ -> batch(999_999, 0, 0, false, 1));
        ask("all", ApiKeys.DESCRIBE_PRODUCERS, 0, side -> new DescribeProducersRequestData().setTopics(new TopicRequestCollection(List.of(
                new DescribeProducersRequestData.TopicRequest().setName(side.name("idem")).setPartitionIndexes(List.of(0, 3)),
                new DescribeProducersRequestData.TopicRequest().setName("nowhere").setPartitionIndexes(List.of(0))).iterator())),
                (_, answer) -> ((DescribeProducersResponseData) answer).topics().forEach(topic -> topic.partitions()
                        .forEach(partition -> partition.activeProducers().sort(java.util.Comparator.comparingLong(one -> one.producerId())))));
    }
}
