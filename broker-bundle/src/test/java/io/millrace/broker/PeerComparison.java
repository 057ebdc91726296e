package io.millrace.broker;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransactionCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DescribeProducersRequestData;
import org.apache.kafka.common.message.DescribeProducersRequestData.TopicRequestCollection;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.record.internal.SimpleRecord;

/**
 * Asks two brokers the same, request by request, and prints where their answers differ: a Kafka broker tells what is right. For use by hand,
 * with the addresses of the two; a pattern as third argument chooses among the scenes. Ids that the brokers chose themselves, texts and addresses do not count.
 */
final class PeerComparison {

    private static final long DAY_1 = System.currentTimeMillis() - 3_600_000;

    private static final Pattern NOW = Pattern.compile("=(\\d{13})\\b");

    private final Side peer;
    private final Side ours;
    private String scene;
    private int asked;
    private int differing;
    private final Map<String, Integer> byScene = new TreeMap<>();
    private final Map<String, List<Integer>> differences = new LinkedHashMap<>();

    private PeerComparison(Side peer, Side ours) {
        this.peer = peer;
        this.ours = ours;
    }

    static void main(String[] arguments) throws Exception {
        String run = Long.toString(System.currentTimeMillis(), 36);
        PeerComparison comparison = new PeerComparison(new Side(arguments[0], run), new Side(arguments[1], run));
        String chosen = arguments.length > 2 ? arguments[2] : ".*";
        Map<String, Scene> scenes = new LinkedHashMap<>();
        scenes.put("coordinators", comparison::coordinators);
        scenes.put("producers", comparison::producers);
        scenes.put("records", comparison::records);
        scenes.put("offsets", comparison::offsets);
        scenes.put("epochs", comparison::epochs);
        scenes.put("deletion", comparison::deletion);
        scenes.put("transactions1", comparison::transactionsOfOldClients);
        scenes.put("transactions2", comparison::transactionsOfNewClients);
        scenes.put("fencing", comparison::fencing);
        scenes.put("timeouts", comparison::timeouts);
        scenes.put("groups", comparison::offsetsInTransactions);
        scenes.put("fetch", comparison::fetch);
        for (Map.Entry<String, Scene> scene : scenes.entrySet()) {
            if (scene.getKey().matches(chosen)) {
                comparison.scene = scene.getKey();
                comparison.differences.clear();
                try {
                    scene.getValue().play();
                } finally {
                    comparison.differences.forEach((difference, versions) -> System.out.println("v" + versions + " " + difference));
                }
            }
        }
        System.out.println(comparison.asked + " requests, " + comparison.differing + " answers differ " + comparison.byScene);
    }

    private interface Scene {
        void play() throws IOException;
    }

    /** One of the two brokers, with what it chose so far. */
    private static final class Side {
        private final String address;
        private final String run;
        private final Map<String, Uuid> topics = new LinkedHashMap<>();
        private final Map<String, Object> values = new LinkedHashMap<>();
        private WireClient client;

        Side(String address, String run) throws IOException {
            this.address = address;
            this.run = run;
            client = new WireClient(address);
        }

        String name(String name) {
            return name + "-" + run;
        }

        Uuid topicId(String name) {
            return topics.get(name);
        }

        long id(String name) {
            return (long) values.getOrDefault(name, -1L);
        }

        short epoch(String name) {
            return (short) values.getOrDefault(name + " epoch", (short) -1);
        }

        /** The answer's text with the broker's own choices replaced by what they stand for. */
        String normal(String text) {
            String normal = text;
            for (Map.Entry<String, Uuid> topic : topics.entrySet()) {
                normal = normal.replace(topic.getValue().toString(), "<" + topic.getKey() + ">");
            }
            for (Map.Entry<String, Object> value : values.entrySet()) {
                if (value.getValue() instanceof Long) {
                    normal = (long) value.getValue() == 0 ? normal : normal.replaceAll("(?i)(producerId=)" + value.getValue() + "\\b", "$1<" + value.getKey() + ">");
                }
            }
            // Times of the brokers' own, not those of records.
            return NOW.matcher(normal).replaceAll(found -> Math.abs(Long.parseLong(found.group(1)) - DAY_1) < 3_500_000 ? found.group() : "=<now>").replaceAll("(errorMessage|batchIndexErrorMessage)=(null|'.*?'(?=[,)]))", "$1=...").replaceAll("producerId=0\\b", "producerId=...").replaceAll("port=\\d+", "port=...").replaceAll("host='[^']*'", "host=...")
                    ;
        }

        String ask(ApiKeys api, int version, Function<Side, ApiMessage> request, java.util.function.BiConsumer<Side, ApiMessage> took) throws IOException {
            for (int attempt = 0; ; attempt++) {
                try {
                    ApiMessage answer = client.call(api, version, request.apply(this));
                    String text = text(answer);
                    // What a broker is still busy with shows up later.
                    if (attempt < 50 && text.matches("(?s).*[eE]rrorCode=(51|14|15|16)\\b.*")) {
                        Thread.sleep(50);
                        continue;
                    }
                    took.accept(this, answer);
                    return normal(answer instanceof FetchResponseData ? text : answer.toString());
                } catch (SocketTimeoutException | EOFException | SocketException unanswered) {
                    client.close();
                    client = new WireClient(address);
                    return unanswered instanceof SocketTimeoutException ? "no answer" : "connection closed";
                } catch (InterruptedException stopped) {
                    throw new IllegalStateException(stopped);
                }
            }
        }

        private static String text(ApiMessage answer) {
            if (answer instanceof FetchResponseData fetched) {
                StringBuilder records = new StringBuilder();
                fetched.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                    if (partition.records() instanceof Records read) {
                        records.append(" bytes ").append(read.sizeInBytes());
                        for (RecordBatch batch : read.batches()) {
                            records.append(' ').append(batch.baseOffset()).append('-').append(batch.lastOffset()).append(batch.isControlBatch() ? "c" : "")
                                    .append(batch.isTransactional() ? "t" : "").append('e').append(batch.producerEpoch());
                        }
                    }
                    partition.setRecords(null);
                }));
                return answer + "," + records.append(".");
            }
            return answer.toString();
        }
    }

    private void ask(String what, ApiKeys api, int version, Function<Side, ApiMessage> request) throws IOException {
        ask(what, api, version, request, (_, _) -> {
        });
    }

    private void ask(String what, ApiKeys api, int version, Function<Side, ApiMessage> request, java.util.function.BiConsumer<Side, ApiMessage> took)
            throws IOException {
        asked++;
        String theirs;
        String mine;
        try {
            theirs = peer.ask(api, version, request, took);
            mine = ours.ask(api, version, request, took);
        } catch (org.apache.kafka.common.errors.UnsupportedVersionException _) {
            asked--;
            return;
        }
        if (!theirs.equals(mine)) {
            differing++;
            byScene.merge(scene, 1, Integer::sum);
            differences.computeIfAbsent(scene + ": " + what + ", " + api + difference(theirs, mine), _ -> new ArrayList<>()).add(version);
        }
    }

    /** Field by field, as the answers' texts show them. */
    private static String difference(String theirs, String mine) {
        String[] one = theirs.split(", ");
        String[] other = mine.split(", ");
        if (one.length != other.length) {
            return "\n  peer " + theirs + "\n  ours " + mine;
        }
        StringBuilder differing = new StringBuilder();
        for (int i = 0; i < one.length; i++) {
            if (!one[i].equals(other[i])) {
                differing.append("\n  peer ").append(one[i]).append("   ours ").append(other[i]);
            }
        }
        return differing.toString();
    }

    private void createTopic(String name, int partitions, String... configs) throws IOException {
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

    private static MemoryRecords batch(long producerId, int epoch, int sequence, boolean transactional, int count) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            records[i] = new SimpleRecord(DAY_1 + i, ("k" + i).getBytes(StandardCharsets.UTF_8), "v".getBytes(StandardCharsets.UTF_8));
        }
        return MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, 0L, Compression.NONE, TimestampType.CREATE_TIME, producerId, (short) epoch, sequence,
                RecordBatch.NO_PARTITION_LEADER_EPOCH, transactional, records);
    }

    private static ProduceRequestData produce(Side side, int version, String transactionalId, String topic, int partition, MemoryRecords records) {
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

    private void produce(String what, int version, String topic, Function<Side, MemoryRecords> records) throws IOException {
        ask(what, ApiKeys.PRODUCE, version, side -> produce(side, version, null, topic, 0, records.apply(side)));
    }

    private void produceIn(String what, int version, String id, String topic, int partition, Function<Side, MemoryRecords> records) throws IOException {
        ask(what, ApiKeys.PRODUCE, version, side -> produce(side, version, id == null ? null : side.name(id), topic, partition, records.apply(side)));
    }

    private void init(String what, int version, String name, String id, int timeout, Function<Side, InitProducerIdRequestData> with) throws IOException {
        ask(what, ApiKeys.INIT_PRODUCER_ID, version, side -> with.apply(side).setTransactionalId(id == null ? null : side.name(id)).setTransactionTimeoutMs(timeout),
                (side, answer) -> {
                    InitProducerIdResponseData made = (InitProducerIdResponseData) answer;
                    if (made.errorCode() == 0) {
                        side.values.put(name, made.producerId());
                        side.values.put(name + " epoch", made.producerEpoch());
                    }
                });
    }

    private void init(String what, int version, String name, String id) throws IOException {
        init(what, version, name, id, 60_000, _ -> new InitProducerIdRequestData());
    }

    private void coordinators() throws IOException {
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

    private void producers() throws IOException {
        createTopic("idem", 1);
        for (int version = 0; version <= 5; version++) {
            init("fresh", version, "p" + version, null);
        }
        init("an id without epoch", 3, "x", null, 1000, _ -> new InitProducerIdRequestData().setProducerId(5));
        init("an empty transactional id", 3, "x", null, 1000, _ -> new InitProducerIdRequestData());
        ask("an empty transactional id", ApiKeys.INIT_PRODUCER_ID, 4, _ -> new InitProducerIdRequestData().setTransactionalId("").setTransactionTimeoutMs(1000));
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
                (_, answer) -> ((org.apache.kafka.common.message.DescribeProducersResponseData) answer).topics().forEach(topic -> topic.partitions()
                        .forEach(partition -> partition.activeProducers().sort(java.util.Comparator.comparingLong(one -> one.producerId())))));
    }

    private void records() throws IOException {
        createTopic("plain", 2);
        createTopic("compacted", 1, "cleanup.policy", "compact");
        createTopic("tight", 1, "max.message.bytes", "200", "message.timestamp.before.max.ms", "1000");
        createTopic("stamped", 1, "message.timestamp.type", "LogAppendTime");
        createTopic("packed", 1, "compression.type", "gzip");
        UnaryOperator<MemoryRecords> torn = records -> MemoryRecords.readableRecords(records.buffer().duplicate().limit(records.sizeInBytes() - 3).slice());
        for (int version = 3; version <= 13; version++) {
            produce("plain", version, "plain", _ -> batch(-1, -1, -1, false, 2));
            produce("stamped", version, "stamped", side -> batch(-1, -1, -1, false, 2));
            produce("packed", version, "packed", _ -> batch(-1, -1, -1, false, 2));
            int at = version;
            produce("without key", version, "compacted", _ -> MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(DAY_1, "k".getBytes(StandardCharsets.UTF_8), new byte[1]),
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
                    new org.apache.kafka.common.record.internal.EndTransactionMarker(org.apache.kafka.common.record.internal.ControlRecordType.COMMIT, 0)));
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
                produce("magic " + magic, version, "plain", _ -> MemoryRecords.withRecords(old, Compression.NONE, new SimpleRecord(DAY_1, "k".getBytes(StandardCharsets.UTF_8), new byte[1])));
            }
        }
    }

    private static MemoryRecords joined(MemoryRecords one, MemoryRecords two) {
        ByteBuffer both = ByteBuffer.allocate(one.sizeInBytes() + two.sizeInBytes());
        both.put(one.buffer().duplicate()).put(two.buffer().duplicate()).flip();
        return MemoryRecords.readableRecords(both);
    }

    private void offsets() throws IOException {
        createTopic("listed", 2);
        for (int i = 0; i < 4; i++) {
            int at = i;
            produce("some", 9, "listed", _ -> MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(DAY_1 + at * 100, new byte[1]), new SimpleRecord(DAY_1 + at * 100 + 50, new byte[1])));
        }
        for (int version = 1; version <= 11; version++) {
            for (long time : new long[] {-1, -2, -3, -4, -5, -6, -7, 0, DAY_1 + 120, DAY_1 + 350, DAY_1 + 351, Long.MAX_VALUE}) {
                for (byte isolation = 0; isolation < (version >= 2 ? 2 : 1); isolation++) {
                    byte level = isolation;
                    for (int epoch : version >= 4 ? new int[] {-1, 0, 4} : new int[] {-1}) {
                        for (int partition = 0; partition < 3; partition++) {
                            int index = partition;
                            int now = version;
                            ask("time " + time + " isolation " + isolation + " epoch " + epoch + " partition " + partition, ApiKeys.LIST_OFFSETS, version,
                                    side -> listOffsets(side, now, "listed", index, time, epoch, level));
                        }
                    }
                }
            }
            int now = version;
            ask("twice", ApiKeys.LIST_OFFSETS, version, side -> {
                ListOffsetsRequestData data = listOffsets(side, now, "listed", 0, -1, -1, (byte) 0);
                data.topics().getFirst().setPartitions(List.of(new ListOffsetsPartition().setTimestamp(-1), new ListOffsetsPartition().setTimestamp(-2)));
                return data;
            });
        }
    }

    private static ListOffsetsRequestData listOffsets(Side side, int version, String topic, int partition, long time, int epoch, byte isolation) {
        ListOffsetsPartition asked = new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(time).setCurrentLeaderEpoch(epoch);
        ListOffsetsRequestData data = new ListOffsetsRequestData().setReplicaId(-1).setIsolationLevel(isolation)
                .setTopics(List.of(new ListOffsetsTopic().setName(side.name(topic)).setPartitions(List.of(asked))));
        return version >= 10 ? data.setTimeoutMs(1000) : data;
    }

    private void epochs() throws IOException {
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
                                ask("epoch " + epoch + " current " + current + " written " + written, ApiKeys.OFFSET_FOR_LEADER_EPOCH, version, side -> {
                                    OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
                                    topics.add(new OffsetForLeaderTopic().setTopic(side.name("epochal")).setPartitions(List.of(
                                            new OffsetForLeaderPartition().setPartition(index).setLeaderEpoch(epoch).setCurrentLeaderEpoch(current))));
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

    private void deletion() throws IOException {
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

    private void add(String what, int version, String id, String name, int epochMore, boolean verify, String topic, Integer... partitions) throws IOException {
        ask(what, ApiKeys.ADD_PARTITIONS_TO_TXN, version, side -> {
            AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
            topics.add(new AddPartitionsToTxnTopic().setName(topic.equals("nowhere") ? topic : side.name(topic)).setPartitions(Arrays.asList(partitions)));
            short epoch = (short) (side.epoch(name) + epochMore);
            if (version < 4) {
                return new AddPartitionsToTxnRequestData().setV3AndBelowTransactionalId(id.isEmpty() ? id : side.name(id)).setV3AndBelowProducerId(side.id(name))
                        .setV3AndBelowProducerEpoch(epoch).setV3AndBelowTopics(topics);
            }
            AddPartitionsToTxnTransactionCollection all = new AddPartitionsToTxnTransactionCollection();
            all.add(new AddPartitionsToTxnTransaction().setTransactionalId(id.isEmpty() ? id : side.name(id)).setProducerId(side.id(name)).setProducerEpoch(epoch)
                    .setVerifyOnly(verify).setTopics(topics));
            return new AddPartitionsToTxnRequestData().setTransactions(all);
        });
    }

    private void end(String what, int version, String id, String name, int epochMore, boolean commit) throws IOException {
        ask(what, ApiKeys.END_TXN, version, side -> new EndTxnRequestData().setTransactionalId(id.isEmpty() ? id : side.name(id)).setProducerId(side.id(name))
                .setProducerEpoch((short) (side.epoch(name) + epochMore)).setCommitted(commit), (side, answer) -> {
                    EndTxnResponseData ended = (EndTxnResponseData) answer;
                    if (version >= 5 && ended.errorCode() == 0) {
                        if (side.id(name) != ended.producerId()) {
                            side.values.put(name + " rotated", side.id(name));
                        }
                        side.values.put(name, ended.producerId());
                        side.values.put(name + " epoch", ended.producerEpoch());
                    }
                });
    }

    private void look(String what, String id, String topic) throws IOException {
        ask(what, ApiKeys.DESCRIBE_TRANSACTIONS, 0, side -> new DescribeTransactionsRequestData().setTransactionalIds(List.of(side.name(id), "nobody")),
                (_, answer) -> ((org.apache.kafka.common.message.DescribeTransactionsResponseData) answer).transactionStates().forEach(state -> state.topics()
                        .forEach(one -> one.setPartitions(one.partitions().stream().sorted().toList()))));
        ask(what, ApiKeys.DESCRIBE_PRODUCERS, 0, side -> new DescribeProducersRequestData().setTopics(new TopicRequestCollection(List.of(
                new DescribeProducersRequestData.TopicRequest().setName(side.name(topic)).setPartitionIndexes(List.of(0, 1))).iterator())),
                (_, answer) -> sorted(((org.apache.kafka.common.message.DescribeProducersResponseData) answer)));
        for (byte isolation = 0; isolation < 2; isolation++) {
            byte level = isolation;
            ask(what + " isolation " + isolation, ApiKeys.FETCH, 12, side -> fetch(side, 12, topic, 0, 0, level, -1));
            ask(what + " isolation " + isolation, ApiKeys.LIST_OFFSETS, 7, side -> listOffsets(side, 7, topic, 0, -1, -1, level));
        }
    }

    private static void sorted(org.apache.kafka.common.message.DescribeProducersResponseData answer) {
        answer.topics().forEach(topic -> topic.partitions().forEach(partition -> {
            partition.activeProducers().sort(java.util.Comparator.comparingLong(one -> one.producerId()));
            // Terms of the coordinator begin at each broker's own number.
            partition.activeProducers().forEach(one -> one.setCoordinatorEpoch(Math.min(0, one.coordinatorEpoch())));
        }));
    }

    private void transactionsOfOldClients() throws IOException {
        createTopic("tx1", 2);
        for (int version = 0; version <= 5; version++) {
            String id = "old" + version;
            init("first", version, id, id);
            init("second", version, id, id);
            init("timeout too long", version, "x", id, 900_001, _ -> new InitProducerIdRequestData());
            init("timeout 0", version, "x", id, 0, _ -> new InitProducerIdRequestData());
        }
        for (int version = 0; version <= 4; version++) {
            String id = "old" + version;
            int produced = Math.min(11, 3 + 2 * version);
            int ended = Math.min(4, version);
            end("nothing begun, commit", ended, id, id, 0, true);
            end("nothing begun, abort", ended, id, id, 0, false);
            add("unknown partition", version, id, id, 0, false, "tx1", 0, 9);
            add("unknown topic", version, id, id, 0, false, "nowhere", 0);
            add("later epoch", version, id, id, 1, false, "tx1", 0);
            add("earlier epoch", version, id, id, -1, false, "tx1", 0);
            add("nobody's id", version, "nobody", id, 0, false, "tx1", 0);
            add("another's producer id", version, id, "old5", 0, false, "tx1", 0);
            add("empty id", version, "", id, 0, false, "tx1", 0);
            produceIn("not in the transaction", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            produceIn("without transactional id", produced, null, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            add("verify nothing begun", version, id, id, 0, true, "tx1", 0);
            add("one", version, id, id, 0, false, "tx1", 0);
            add("verify both", version, id, id, 0, true, "tx1", 0, 1);
            add("one again", version, id, id, 0, false, "tx1", 0);
            produceIn("other partition", produced, id, "tx1", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            produceIn("inside", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 2));
            produceIn("inside, other transactional id", produced, "old5", "tx1", 0, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
            produceIn("outside", produced, null, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, false, 2));
            produceIn("not transactional with id", produced, id, "tx1", 1, side -> batch(side.id("old5"), side.epoch("old5"), 0, false, 1));
            look("open", id, "tx1");
            add("the other", version, id, id, 0, false, "tx1", 0, 1);
            produceIn("other partition", produced, id, "tx1", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            end("later epoch", ended, id, id, 1, true);
            end("earlier epoch", ended, id, id, -1, true);
            end("nobody's id", ended, "nobody", id, 0, true);
            end("empty id", ended, "", id, 0, true);
            end("another's producer id", ended, id, "old5", 0, true);
            end("commit", ended, id, id, 0, true);
            end("commit again", ended, id, id, 0, true);
            end("abort now", ended, id, id, 0, false);
            produceIn("after the end", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
            look("committed", id, "tx1");
            add("next", version, id, id, 0, false, "tx1", 0, 1);
            produceIn("inside again", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 2));
            end("abort", ended, id, id, 0, false);
            end("abort again", ended, id, id, 0, false);
            end("commit now", ended, id, id, 0, true);
            look("aborted", id, "tx1");
        }
        list("after all");
    }

    private void list(String what) throws IOException {
        for (int version = 0; version <= 2; version++) {
            List<UnaryOperator<ListTransactionsRequestData>> filters = new ArrayList<>(List.of(data -> data, data -> data.setStateFilters(List.of("CompleteCommit", "Nonsense")),
                    data -> data.setStateFilters(List.of("Ongoing")), data -> data.setStateFilters(List.of("PrepareEpochFence", "Dead", "completecommit"))));
            if (version >= 1) {
                filters.add(data -> data.setDurationFilter(0));
                filters.add(data -> data.setDurationFilter(100_000_000));
            }
            if (version >= 2) {
                filters.add(data -> data.setTransactionalIdPattern("old[01].*"));
                filters.add(data -> data.setTransactionalIdPattern(".*"));
                filters.add(data -> data.setTransactionalIdPattern(""));
                filters.add(data -> data.setTransactionalIdPattern("old"));
                filters.add(data -> data.setTransactionalIdPattern("(unclosed"));
                filters.add(data -> data.setTransactionalIdPattern("(a)\\1"));
                filters.add(data -> data.setTransactionalIdPattern("(?=a)"));
            }
            int number = 0;
            for (UnaryOperator<ListTransactionsRequestData> filter : filters) {
                ask(what + " filter " + number++, ApiKeys.LIST_TRANSACTIONS, version, _ -> filter.apply(new ListTransactionsRequestData()),
                        (side, answer) -> {
                            var states = ((org.apache.kafka.common.message.ListTransactionsResponseData) answer).transactionStates();
                            states.removeIf(one -> !one.transactionalId().endsWith(side.run));
                            states.sort(java.util.Comparator.comparing(one -> one.transactionalId()));
                        });
            }
        }
    }

    private void transactionsOfNewClients() throws IOException {
        createTopic("tx2", 2);
        String id = "new";
        init("first", 5, id, id);
        end("nothing begun, commit", 5, id, id, 0, true);
        produceIn("first batch in the middle", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 3, true, 2));
        produceIn("first batch", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 2));
        look("open", id, "tx2");
        produceIn("second batch", 13, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
        produceIn("later epoch", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id) + 1, 0, true, 2));
        produceIn("unknown partition", 13, id, "tx2", 5, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
        end("later epoch", 5, id, id, 1, true);
        end("earlier epoch", 5, id, id, -1, true);
        end("commit", 5, id, id, 0, true);
        end("commit again", 5, id, id, -1, true);
        end("abort now", 5, id, id, -1, false);
        look("committed", id, "tx2");
        produceIn("with the epoch of before", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id) - 1, 4, true, 1));
        produceIn("in the middle", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
        produceIn("from 0", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition in the middle", 12, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
        produceIn("other partition from 0", 12, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        end("abort", 5, id, id, 0, false);
        end("abort again", 5, id, id, -1, false);
        end("commit now", 5, id, id, -1, true);
        end("abort nothing", 5, id, id, 0, false);
        end("commit nothing", 5, id, id, 0, true);
        look("aborted", id, "tx2");
        // An old client with the same id.
        init("old client", 4, id, id);
        add("one", 3, id, id, 0, false, "tx2", 0);
        produceIn("inside", 11, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition, old", 11, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition, older", 9, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        end("commit", 4, id, id, 0, true);
        end("commit as new", 5, id, id, 0, true);
        end("abort as new", 5, id, id, 0, false);
        look("at the end", id, "tx2");
        list("after all");
    }

    private void fencing() throws IOException {
        createTopic("fence", 2);
        init("first", 5, "f", "f");
        produceIn("inside", 12, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 0, true, 1));
        init("a second one", 5, "g", "f");
        look("fenced", "f", "fence");
        produceIn("zombie", 12, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        produceIn("old zombie", 9, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        produceIn("zombie elsewhere", 12, "f", "fence", 1, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        for (int version = 0; version <= 5; version++) {
            end("zombie", version, "f", "f", 0, true);
            end("zombie", version, "f", "f", 0, false);
            add("zombie", version, "f", "f", 0, false, "fence", 0);
            add("zombie verifies", version, "f", "f", 0, true, "fence", 0);
        }
        for (int version = 3; version <= 5; version++) {
            init("zombie goes on", version, "x", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("f")).setProducerEpoch(side.epoch("f")));
            init("of another id", version, "x", "f", 60_000, _ -> new InitProducerIdRequestData().setProducerId(888_888).setProducerEpoch((short) 1));
            init("goes on", version, "h", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("g")).setProducerEpoch(side.epoch("g")));
            init("goes on again", version, "h", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("g")).setProducerEpoch(side.epoch("g")));
            init("goes on from later", version, "g", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("h")).setProducerEpoch(side.epoch("h")));
        }
        init("unknown transactional id goes on", 5, "u", "unknown", 60_000, _ -> new InitProducerIdRequestData().setProducerId(12_345).setProducerEpoch((short) 3));
        markers();
    }

    /** What a producer is told whose transaction was aborted because it took too long. */
    private void timeouts() throws IOException {
        createTopic("slow", 1);
        for (int version = 2; version <= 5; version++) {
            init("one", 5, "o" + version, "o" + version, 1_000, _ -> new InitProducerIdRequestData());
            init("two", 5, "p" + version, "p" + version, 1_000, _ -> new InitProducerIdRequestData());
            for (String id : List.of("o" + version, "p" + version)) {
                if (version < 5) {
                    add("one", 3, id, id, 0, false, "slow", 0);
                }
                produceIn("inside", version < 5 ? 11 : 12, id, "slow", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            }
        }
        try {
            // A Kafka broker looks for them every ten seconds.
            Thread.sleep(22_000);
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
        for (int version = 2; version <= 5; version++) {
            String one = "o" + version;
            String two = "p" + version;
            look("timed out", one, "slow");
            produceIn("on", version < 5 ? 11 : 12, one, "slow", 0, side -> batch(side.id(one), side.epoch(one), 1, true, 1));
            produceIn("on", 9, one, "slow", 0, side -> batch(side.id(one), side.epoch(one), 1, true, 1));
            end("commit", version, one, one, 0, true);
            end("commit again", version, one, one, 0, true);
            end("then abort", version, one, one, 0, false);
            end("abort", version, two, two, 0, false);
            end("abort again", version, two, two, 0, false);
            init("goes on", 5, one, one, 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id(one)).setProducerEpoch(side.epoch(one)));
            init("begins anew", 5, two, two, 60_000, _ -> new InitProducerIdRequestData());
            look("anew", two, "slow");
        }
    }

    private void markers() throws IOException {
        createTopic("marked", 1);
        init("m", 5, "m", "m");
        produceIn("inside", 12, "m", "marked", 0, side -> batch(side.id("m"), side.epoch("m"), 0, true, 1));
        for (int version = 1; version <= 2; version++) {
            for (int transactions = 0; transactions <= (version == 2 ? 2 : 0); transactions += 2) {
                marker("wrong coordinator epoch", version, transactions, 0, -1, false, "marked", 0);
                marker("earlier epoch", version, transactions, -1, 1, false, "marked", 0);
                marker("no partition", version, transactions, 0, 1, false, "marked", 7);
                marker("no topic", version, transactions, 0, 1, false, "nowhere", 0);
                marker("abort", version, transactions, 0, 1, false, "marked", 0);
                look("marked", "m", "marked");
                marker("again", version, transactions, 0, 1, false, "marked", 0);
                init("next", 5, "m", "m");
                produceIn("inside", 12, "m", "marked", 0, side -> batch(side.id("m"), side.epoch("m"), 0, true, 1));
            }
        }
        end("commit what is marked", 5, "m", "m", 0, true);
        look("at the end", "m", "marked");
    }

    private void marker(String what, int version, int transactionVersion, int epochMore, int coordinatorEpoch, boolean commit, String topic, int partition)
            throws IOException {
        ask(what + " as " + transactionVersion, ApiKeys.WRITE_TXN_MARKERS, version, side -> new WriteTxnMarkersRequestData().setMarkers(List.of(new WritableTxnMarker()
                .setProducerId(side.id("m")).setProducerEpoch((short) (side.epoch("m") + epochMore)).setCoordinatorEpoch(coordinatorEpoch).setTransactionResult(commit)
                .setTransactionVersion((byte) transactionVersion)
                .setTopics(List.of(new WritableTxnMarkerTopic().setName(topic.equals("nowhere") ? topic : side.name(topic)).setPartitionIndexes(List.of(partition)))))));
    }

    private void offsetsInTransactions() throws IOException {
        createTopic("consumed", 2);
        for (int version = 0; version <= 6; version++) {
            String id = "g" + version;
            String group = "group" + version;
            int added = Math.min(version, 4);
            init("first", 5, id, id);
            if (version < 6) {
                commitOffsets("before", version, id, id, group, 0, 10, "", -1);
            }
            ask("empty id", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId("").setGroupId(side.name(group))
                    .setProducerId(side.id(id)).setProducerEpoch(side.epoch(id)));
            ask("later epoch", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id)).setGroupId(side.name(group))
                    .setProducerId(side.id(id)).setProducerEpoch((short) (side.epoch(id) + 1)));
            ask("another id", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id)).setGroupId(side.name(group))
                    .setProducerId(7).setProducerEpoch((short) 0));
            ask("add", ApiKeys.ADD_OFFSETS_TO_TXN, added, side -> new AddOffsetsToTxnRequestData().setTransactionalId(side.name(id)).setGroupId(side.name(group))
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

    private void commitOffsets(String what, int version, String id, String name, String group, int partition, long offset, String member, int generation)
            throws IOException {
        commitOffsets(what, version, id, name, group, partition, offset, member, generation, 0);
    }

    private void commitOffsets(String what, int version, String id, String name, String group, int partition, long offset, String member, int generation, int epochMore)
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
                    .setProducerEpoch((short) (side.epoch(name) + epochMore)).setGroupId(group.isEmpty() ? group : side.name(group)).setTopics(List.of(topic));
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
            return new OffsetFetchRequestData().setRequireStable(stable).setGroups(List.of(new OffsetFetchRequestGroup().setGroupId(side.name(group)).setTopics(List.of(topic))));
        });
    }

    private static FetchRequestData fetch(Side side, int version, String topic, int partition, long offset, byte isolation, int epoch) {
        FetchTopic asked = new FetchTopic().setPartitions(List.of(new FetchPartition().setPartition(partition).setFetchOffset(offset).setPartitionMaxBytes(1 << 20)
                .setCurrentLeaderEpoch(epoch)));
        if (version >= 13) {
            asked.setTopicId(side.topicId(topic));
        } else {
            asked.setTopic(side.name(topic));
        }
        FetchRequestData data = new FetchRequestData().setMaxWaitMs(0).setMinBytes(0).setMaxBytes(1 << 20).setIsolationLevel(isolation).setTopics(List.of(asked));
        return version >= 7 ? data.setSessionEpoch(-1) : data;
    }

    private void fetch() throws IOException {
        createTopic("fetched", 2);
        init("t", 5, "t", "t");
        for (int i = 0; i < 3; i++) {
            int first = i;
            produceIn("inside", 12, "t", "fetched", 0, side -> batch(side.id("t"), side.epoch("t"), 0, true, 3));
            produce("outside", 12, "fetched", _ -> batch(-1, -1, -1, false, 2));
            end("end", 5, "t", "t", 0, first == 1);
        }
        produceIn("inside", 12, "t", "fetched", 0, side -> batch(side.id("t"), side.epoch("t"), 0, true, 3));
        for (int version = 4; version <= 18; version++) {
            int now = version;
            for (byte isolation = 0; isolation < 2; isolation++) {
                byte level = isolation;
                for (long offset : new long[] {-1, 0, 4, 9, 18, 21, 22}) {
                    for (int epoch : version >= 9 ? new int[] {-1, 0, 4} : new int[] {-1}) {
                        for (int partition : List.of(0, 1, 5)) {
                            ask("offset " + offset + " isolation " + isolation + " epoch " + epoch + " partition " + partition, ApiKeys.FETCH, version,
                                    side -> fetch(side, now, "fetched", partition, offset, level, epoch));
                        }
                    }
                }
            }
            for (int last : version >= 12 ? new int[] {0, 3} : new int[0]) {
                ask("last epoch " + last, ApiKeys.FETCH, version, side -> {
                    FetchRequestData data = fetch(side, now, "fetched", 0, 30, (byte) 0, 0);
                    data.topics().getFirst().partitions().getFirst().setLastFetchedEpoch(last);
                    return data;
                });
            }
            ask("unknown", ApiKeys.FETCH, version, side -> {
                FetchRequestData data = fetch(side, now, "fetched", 0, 0, (byte) 0, -1);
                if (now >= 13) {
                    data.topics().getFirst().setTopicId(new Uuid(8, 8));
                } else {
                    data.topics().getFirst().setTopic("nowhere");
                }
                return data;
            });
        }
    }

    static {
        if (Errors.CONCURRENT_TRANSACTIONS.code() != 51 || Errors.COORDINATOR_LOAD_IN_PROGRESS.code() != 14) {
            throw new IllegalStateException("the codes to wait for changed");
        }
    }
}
