package io.millrace.broker.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Records as they should be and as they should not. */
final class RecordScenes extends Scenes {

    RecordScenes(Comparison comparison) {
        super(comparison);
    }

    void records() throws IOException {
        createTopic("plain", 2);
        createTopic("compacted", 1, "cleanup.policy", "compact");
        createTopic("tight", 1, "max.message.bytes", "200", "message.timestamp.before.max.ms", "1000");
        createTopic("stamped", 1, "message.timestamp.type", "LogAppendTime");
        createTopic("packed", 1, "compression.type", "gzip");
        UnaryOperator<MemoryRecords> torn = records -> MemoryRecords.readableRecords(records.buffer().duplicate().limit(records.sizeInBytes() - 3)
                .slice());
        for (int version = 3; version <= 13; version++) {
            produce("plain", version, "plain", _ -> batch(-1, -1, -1, false, 2));
            produce("stamped", version, "stamped", side -> batch(-1, -1, -1, false, 2));
            produce("packed", version, "packed", _ -> batch(-1, -1, -1, false, 2));
            int at = version;
            produce("without key", version, "compacted", _ -> MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(DAY_1,
                    "k".getBytes(StandardCharsets.UTF_8), new byte[1]),
                    new SimpleRecord(DAY_1, null, new byte[1]), new SimpleRecord(DAY_1, null, new byte[1])));
            produce("too large", version, "tight", _ -> batch(-1, -1, -1, false, 40));
            produce("too old", version, "tight", _ -> batch(-1, -1, -1, false, 2));
            produce("torn", version, "plain", _ -> torn.apply(batch(-1, -1, -1, false, 2)));
            produce("nothing", version, "plain", _ -> MemoryRecords.EMPTY);
            produce("changed", version, "plain", _ -> {
                MemoryRecords records = batch(-1, -1, -1, false, 2);
                records.buffer().put(records.sizeInBytes() - 2, (byte) 77);
                return records;
            });
            produce("two batches", version, "plain", _ -> joined(batch(-1, -1, -1, false, 2), batch(-1, -1, -1, false, 1)));
            produce("two idempotent batches", version, "plain", _ -> joined(batch(7_777, 0, 0, false, 2), batch(7_777, 0, 2, false, 1)));
            produce("a marker", version, "plain", _ -> MemoryRecords.withEndTransactionMarker(7_777, (short) 0,
                    new EndTransactionMarker(ControlRecordType.COMMIT, 0)));
            produceIn("of no partition", version, null, "plain", 9, _ -> batch(-1, -1, -1, false, 2));
            ask("acks 7", ApiKeys.PRODUCE, version, side -> produce(side, at, null, "plain", 0, batch(-1, -1, -1, false, 1)).setAcks((short) 7));
            ask("unknown topic", ApiKeys.PRODUCE, version, side -> {
                ProduceRequestData data = produce(side, at, null, "plain", 0, batch(-1, -1, -1, false, 1));
                data.topicData().forEach(topic -> {
                    topic.setName(at >= 13 ? "" : "nowhere");
                    topic.setTopicId(at >= 13 ? new Uuid(7, 7) : Uuid.ZERO_UUID);
                });
                return data;
            });
            ask("internal topic", ApiKeys.PRODUCE, version, side -> {
                ProduceRequestData data = produce(side, at, null, "plain", 0, batch(-1, -1, -1, false, 1));
                data.topicData().forEach(topic -> topic.setName("__consumer_offsets").setTopicId(Uuid.ZERO_UUID));
                return data;
            });
            for (byte magic = 0; magic < 2; magic++) {
                byte old = magic;
                produce("magic " + magic, version, "plain", _ -> MemoryRecords.withRecords(old, Compression.NONE, new SimpleRecord(DAY_1,
                        "k".getBytes(StandardCharsets.UTF_8), new byte[1])));
            }
        }
    }

    private static MemoryRecords joined(MemoryRecords one, MemoryRecords two) {
        ByteBuffer both = ByteBuffer.allocate(one.sizeInBytes() + two.sizeInBytes());
        both.put(one.buffer().duplicate()).put(two.buffer().duplicate()).flip();
        return MemoryRecords.readableRecords(both);
    }
}
