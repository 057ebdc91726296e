package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.internals.LogContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fetch sessions (KIP-227) against the session handler of Kafka's own client. */
@Timeout(60)
class FetchSessionTest {

    @TempDir
    Path data;
    private BrokerServer broker;

    private void start(Map<String, String> config) {
        Map<String, String> all = new HashMap<>(config);
        all.put("listen", "127.0.0.1:0");
        broker = BrokerServer.start(BrokerConfig.with(data, all));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    /** A client that fetches with Kafka's own bookkeeping of the session. */
    private final class SessionClient implements AutoCloseable {

        private final FetchSessionHandler handler = new FetchSessionHandler(new LogContext(), 1);
        private final RawClient connection = new RawClient(broker);
        private final Map<String, Uuid> ids;
        private final short version;

        SessionClient(Map<String, Uuid> ids, int version) throws Exception {
            this.ids = ids;
            this.version = (short) version;
        }

        FetchResponse fetch(Map<TopicPartition, Long> positions, int maxBytes, int maxWait) throws Exception {
            FetchSessionHandler.Builder list = handler.newBuilder();
            positions.forEach((partition, offset) -> list.add(partition, new FetchRequest.PartitionData(
                    version >= 13 ? ids.get(partition.topic()) : Uuid.ZERO_UUID, offset, -1, maxBytes, Optional.empty())));
            FetchSessionHandler.FetchRequestData session = list.build();
            connection.send(FetchRequest.Builder.forConsumer(version, maxWait, 1, session.toSend()).metadata(session.metadata())
                    .removed(session.toForget()).replaced(session.toReplace()).setMaxBytes(maxBytes * 2).build(version));
            FetchResponse response = (FetchResponse) connection.receive();
            assertThat(handler.handleResponse(response, version)).as("the client's session goes on after %s", response.data()).isTrue();
            return response;
        }

        @Override
        public void close() throws Exception {
            connection.close();
        }
    }

    @Test
    void everyRecordIsReadOnceThroughASessionWhateverTheClientAsksForAndLeavesOut() throws Exception {
        start(Map.of());
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        Map<String, Integer> counts = Map.of("a", 4, "b", 3, "c", 1);
        for (var topic : counts.entrySet()) {
            new TestClients(broker).createTopic(topic.getKey(), topic.getValue(), Map.of());
        }
        Map<String, Uuid> ids = ids();
        for (int version : new int[] {7, 12, 13, 18}) {
            Map<TopicPartition, Long> positions = new LinkedHashMap<>();
            Map<TopicPartition, List<String>> read = new HashMap<>();
            Map<TopicPartition, List<String>> written = new HashMap<>();
            try (SessionClient client = new SessionClient(ids, version);
                    KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
                for (var topic : counts.entrySet()) {
                    for (int index = 0; index < topic.getValue(); index++) {
                        TopicPartition partition = new TopicPartition(topic.getKey(), index);
                        positions.put(partition, producer.partitionsFor(topic.getKey()).isEmpty() ? 0 : end(client.version, partition, ids));
                        read.put(partition, new ArrayList<>());
                        written.put(partition, new ArrayList<>());
                    }
                }
                List<TopicPartition> all = new ArrayList<>(positions.keySet());
                for (int round = 0; round < 150; round++) {
                    for (int i = random.nextInt(4); i > 0; i--) {
                        TopicPartition partition = all.get(random.nextInt(all.size()));
                        String value = "v" + version + "-" + round + "-" + i + "x".repeat(random.nextInt(300));
                        producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), null, value)).get();
                        written.get(partition).add(value);
                    }
                    Map<TopicPartition, Long> asked = new LinkedHashMap<>(positions);
                    asked.keySet().removeIf(partition -> random.nextInt(5) == 0);
                    take(client.fetch(asked, 1 + random.nextInt(2000), 0), ids, positions, read, random);
                }
                // At least once: a partition that the last round left out is news when it is asked for again.
                for (int round = 0; round < 200 && (round == 0 || !read.equals(written)); round++) {
                    take(client.fetch(positions, 5000, 0), ids, positions, read, null);
                }
                assertThat(read).as("seed %d, version %d", seed, version).isEqualTo(written);
                client.fetch(positions, 5000, 0); // What the last round left out is new to the session, and answered once.
                FetchResponse quiet = client.fetch(positions, 5000, 0);
                assertThat(quiet.data().responses()).as("a fetch without news names no partition").isEmpty();
            }
        }
    }

    private long end(short version, TopicPartition partition, Map<String, Uuid> ids) throws Exception {
        try (SessionClient client = new SessionClient(ids, version)) {
            return client.fetch(Map.of(partition, 0L), 1, 0).data().responses().getFirst().partitions().getFirst().highWatermark();
        }
    }

    private static void take(FetchResponse response, Map<String, Uuid> ids, Map<TopicPartition, Long> positions, Map<TopicPartition, List<String>> read,
            Random sometimes) {
        for (FetchableTopicResponse topic : response.data().responses()) {
            String name = !topic.topic().isEmpty() ? topic.topic()
                    : ids.entrySet().stream().filter(id -> id.getValue().equals(topic.topicId())).findFirst().orElseThrow().getKey();
            for (PartitionData found : topic.partitions()) {
                TopicPartition partition = new TopicPartition(name, found.partitionIndex());
                assertThat(found.errorCode()).isZero();
                if (sometimes != null && sometimes.nextInt(4) == 0) {
                    continue; // A client may throw away what it got and ask again.
                }
                for (RecordBatch batch : FetchResponse.recordsOrFail(found).batches()) {
                    for (Record record : batch) {
                        if (record.offset() >= positions.get(partition)) {
                            assertThat(record.offset()).isEqualTo(positions.get(partition));
                            positions.put(partition, record.offset() + 1);
                            read.get(partition).add(StandardCharsets.UTF_8.decode(record.value()).toString());
                        }
                    }
                }
            }
        }
    }

    private Map<String, Uuid> ids() throws Exception {
        try (Admin admin = new TestClients(broker).admin()) {
            Map<String, Uuid> ids = new HashMap<>();
            for (String name : admin.listTopics().names().get()) {
                ids.put(name, admin.describeTopics(List.of(name)).allTopicNames().get().get(name).topicId());
            }
            return ids;
        }
    }

    @Test
    void aQuietSessionIsWokenByARecordInAnyOfItsPartitions() throws Exception {
        start(Map.of());
        new TestClients(broker).createTopic("wide", 50, Map.of());
        Map<String, Uuid> ids = ids();
        try (SessionClient client = new SessionClient(ids, 18); KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
            Map<TopicPartition, Long> positions = new LinkedHashMap<>();
            for (int index = 0; index < 50; index++) {
                positions.put(new TopicPartition("wide", index), 0L);
            }
            client.fetch(positions, 1000, 0);
            for (int index : new int[] {7, 49, 7, 0}) {
                TopicPartition partition = new TopicPartition("wide", index);
                Thread.ofVirtual().start(() -> producer.send(new ProducerRecord<>("wide", index, null, "news")));
                FetchResponse response = client.fetch(positions, 1000, 30_000);
                assertThat(response.data().responses()).hasSize(1);
                assertThat(response.data().responses().getFirst().partitions()).extracting(PartitionData::partitionIndex).containsExactly(index);
                positions.merge(partition, 1L, Long::sum);
            }
        }
    }

    @Test
    void aSessionThatNeverWaitsHearsOfWhatWasQuietForLong() throws Exception {
        start(Map.of());
        // So many that those that are quiet are left to themselves.
        new TestClients(broker).createTopic("wide", 50, Map.of());
        Map<String, Uuid> ids = ids();
        for (int version : new int[] {12, 18}) {
            try (SessionClient client = new SessionClient(ids, version);
                    KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
                Map<TopicPartition, Long> positions = new LinkedHashMap<>();
                for (int index = 0; index < 50; index++) {
                    positions.put(new TopicPartition("wide", index), end((short) version, new TopicPartition("wide", index), ids));
                }
                client.fetch(positions, 1000, 0);
                for (int round = 0; round < 40; round++) {
                    List<Integer> written = round % 4 == 3 ? List.of(7, 20 + round / 4) : List.of(7);
                    for (int index : written) {
                        producer.send(new ProducerRecord<>("wide", index, null, "news")).get();
                    }
                    Map<TopicPartition, Long> expected = new LinkedHashMap<>(positions);
                    written.forEach(index -> expected.merge(new TopicPartition("wide", index), 1L, Long::sum));
                    // Who wrote may hear of it a moment before the session does.
                    for (int i = 0; i < 50 && !positions.equals(expected); i++) {
                        Map<TopicPartition, List<String>> read = new HashMap<>();
                        positions.keySet().forEach(partition -> read.put(partition, new ArrayList<>()));
                        take(client.fetch(positions, 1000, 0), ids, positions, read, null);
                    }
                    assertThat(positions).as("version %d round %d", version, round).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aSessionSeesATopicThatIsDeletedAndCreatedAnew() throws Exception {
        start(Map.of());
        TestClients clients = new TestClients(broker);
        clients.createTopic("again", 1, Map.of());
        TopicPartition partition = new TopicPartition("again", 0);
        try (SessionClient client = new SessionClient(Map.of(), 12); Admin admin = clients.admin()) {
            client.fetch(Map.of(partition, 0L), 1000, 0);
            admin.deleteTopics(List.of("again")).all().get();
            assertThat(onlyError(client.fetch(Map.of(partition, 0L), 1000, 0))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
            clients.createTopic("again", 1, Map.of());
            try (KafkaProducer<String, String> producer = clients.producer()) {
                producer.send(new ProducerRecord<>("again", "new")).get();
            }
            PartitionData found = client.fetch(Map.of(partition, 0L), 1000, 1000).data().responses().getFirst().partitions().getFirst();
            assertThat(found.errorCode()).isZero();
            assertThat(found.records().sizeInBytes()).isPositive();
        }
    }

    @Test
    void aRequestOutOfTheSessionsOrderIsRefusedAndTheClientBeginsAnew() throws Exception {
        start(Map.of("max.incremental.fetch.session.cache.slots", "1"));
        new TestClients(broker).createTopic("t", 1, Map.of());
        try (RawClient client = new RawClient(broker); RawClient other = new RawClient(broker)) {
            int session = send(client, 0, 0).sessionId();
            assertThat(session).isPositive();
            assertThat(send(client, session, 1).error()).isEqualTo(Errors.NONE);
            assertThat(send(client, session, 1).error()).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
            assertThat(send(client, session, 2).error()).isEqualTo(Errors.NONE);
            assertThat(send(client, session + 1, 2).error()).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
            FetchResponse crowdedOut = send(other, 0, 0);
            assertThat(crowdedOut.error()).isEqualTo(Errors.NONE);
            assertThat(crowdedOut.sessionId()).as("no room for another session").isZero();
            send(client, session, -1);
            assertThat(send(other, 0, 0).sessionId()).as("the first has been ended by its client").isPositive();
        }
    }

    private static FetchResponse send(RawClient client, int session, int epoch) throws Exception {
        FetchTopic asked = new FetchTopic().setTopic("t").setPartitions(List.of(new FetchPartition().setPartition(0).setPartitionMaxBytes(1000)));
        client.send(new FetchRequest(new FetchRequestData().setMaxWaitMs(0).setMinBytes(1).setMaxBytes(1000).setSessionId(session).setSessionEpoch(epoch)
                .setTopics(epoch > 0 ? List.of() : List.of(asked)), (short) 12));
        return (FetchResponse) client.receive();
    }

    private static Errors onlyError(FetchResponse response) {
        return Errors.forCode(response.data().responses().getFirst().partitions().getFirst().errorCode());
    }
}
