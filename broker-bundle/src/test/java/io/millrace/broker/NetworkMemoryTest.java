package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients can make the broker hold in memory, and who waits for it. */
@Timeout(60)
class NetworkMemoryTest {

    private static final int KILOBYTE = 1024;
    private static final String USED = "kafka_network_socketserver_memorypoolused";
    private static final String AVAILABLE = "kafka_network_socketserver_memorypoolavailable";
    private static final String DEPLETED = "kafka_server_socket_server_metrics_memory_pool_depleted_nanoseconds_total";

    @TempDir
    Path data;
    private BrokerServer broker;

    private void start(String... config) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("listen", "127.0.0.1:0"));
        for (int i = 0; i < config.length; i += 2) {
            all.put(config[i], config[i + 1]);
        }
        broker = BrokerServer.start(BrokerConfig.with(data, all));
        new TestClients(broker).createTopic("orders", 1, Map.of());
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static ProduceRequest produce(int bytes) {
        MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(new byte[bytes]));
        TopicProduceData topic = new TopicProduceData().setName("orders");
        topic.partitionData().add(new PartitionProduceData().setIndex(0).setRecords(records));
        ProduceRequestData request = new ProduceRequestData().setAcks((short) 1).setTimeoutMs(5000);
        request.topicData().add(topic);
        return new ProduceRequest(request, (short) 9);
    }

    private static MetadataRequest metadata() {
        return new MetadataRequest(new MetadataRequestData().setTopics(null), (short) 12);
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private double used() {
        return Measured.of(broker, USED);
    }

    /** A client that sends so much of a request and then nothing. */
    private RawClient stalled(ProduceRequest request, int sent) throws IOException {
        RawClient client = new RawClient(broker);
        client.sendPart(request, sent);
        return client;
    }

    private static boolean hasAnswer(RawClient client, int millis) throws IOException {
        client.timeout(millis);
        try {
            return ((ProduceResponse) client.receive()).errorCounts().keySet().stream().allMatch(error -> error.code() == 0);
        } catch (SocketTimeoutException none) {
            return false;
        } finally {
            client.timeout(10_000);
        }
    }

    @Test
    void withoutMemoryRequestsWaitAndAreNotRefused() throws Exception {
        // 48 KB for usual requests.
        start("queued.max.request.bytes", "65536");
        try (RawClient stalled = stalled(produce(40 * KILOBYTE), 30 * KILOBYTE); RawClient second = new RawClient(broker);
                RawClient small = new RawClient(broker)) {
            await("the stalled request has its memory", () -> used() >= 40 * KILOBYTE);
            second.send(produce(30 * KILOBYTE));
            await("the second request waits", () -> Measured.of(broker, DEPLETED) > 0);
            // Small requests pass those that wait as long as anything is left.
            small.send(metadata());
            assertThat(small.receive()).isInstanceOf(MetadataResponse.class);
            assertThat(used()).isBetween(40.0 * KILOBYTE, 41.0 * KILOBYTE);
            assertThat(hasAnswer(second, 200)).isFalse();
            stalled.sendRest();
            assertThat(hasAnswer(stalled, 10_000)).isTrue();
        }
        await("all memory comes back", () -> used() == 0);
        assertThat(Measured.of(broker, AVAILABLE)).isEqualTo(64 * KILOBYTE);
    }

    @Test
    void whatWaitedForMemoryIsServedWhenItComesBack() throws Exception {
        start("queued.max.request.bytes", "65536");
        try (RawClient stalled = stalled(produce(40 * KILOBYTE), 30 * KILOBYTE); RawClient second = new RawClient(broker)) {
            await("the stalled request has its memory", () -> used() >= 40 * KILOBYTE);
            second.send(produce(30 * KILOBYTE));
            await("the second request waits", () -> Measured.of(broker, DEPLETED) > 0);
            stalled.close();
            assertThat(hasAnswer(second, 10_000)).isTrue();
        }
    }

    @Test
    void largeRequestsDoNotTakeTheMemoryOfUsualOnes() throws Exception {
        // 4 MB, of which 1 MB is for requests of more than 1 MB.
        start("queued.max.request.bytes", String.valueOf(4096 * KILOBYTE), "message.max.bytes", String.valueOf(8192 * KILOBYTE));
        try (RawClient stalled = stalled(produce(3000 * KILOBYTE), 100 * KILOBYTE); RawClient large = new RawClient(broker);
                RawClient usual = new RawClient(broker)) {
            await("the stalled request has its memory", () -> used() >= 1000 * KILOBYTE);
            large.send(produce(2000 * KILOBYTE));
            await("the other large request waits", () -> Measured.of(broker, DEPLETED) > 0);
            for (int i = 0; i < 20; i++) {
                usual.send(produce(900 * KILOBYTE));
                assertThat(hasAnswer(usual, 10_000)).isTrue();
            }
            stalled.sendRest();
            assertThat(hasAnswer(stalled, 10_000)).isTrue();
            assertThat(hasAnswer(large, 10_000)).isTrue();
        }
        await("all memory comes back", () -> used() == 0);
    }

    @Test
    void aRequestThatIsOnlyClaimedTakesNoMemory() throws Exception {
        start();
        List<RawClient> claimants = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            RawClient client = new RawClient(broker);
            claimants.add(client);
            client.sendSize(100 << 20);
            client.sendBytes(new byte[] {0, 0, 0, 9});
        }
        try (RawClient other = new RawClient(broker)) {
            other.send(metadata());
            other.receive();
            assertThat(used()).isLessThanOrEqualTo(KILOBYTE);
        } finally {
            for (RawClient client : claimants) {
                client.close();
            }
        }
    }

    @Test
    void whoDoesNotEndARequestIsDisconnectedAndWhoWaitsForMemoryIsNot() throws Exception {
        start("queued.max.request.bytes", "65536", "request.receive.timeout.ms", "700");
        try (RawClient first = stalled(produce(40 * KILOBYTE), 30 * KILOBYTE); RawClient second = new RawClient(broker);
                RawClient size = new RawClient(broker); RawClient idle = new RawClient(broker)) {
            await("the stalled request has its memory", () -> used() >= 40 * KILOBYTE);
            second.send(produce(30 * KILOBYTE));
            size.sendBytes(new byte[] {0, 0});
            assertThat(size.isClosedByBroker()).isTrue();
            assertThat(first.isClosedByBroker()).isTrue();
            assertThat(hasAnswer(second, 10_000)).isTrue();
            idle.send(metadata());
            assertThat(idle.receive()).isInstanceOf(MetadataResponse.class);
        }
    }

    @Test
    void whoAsksWithoutReadingGetsNoFurtherResponsesMade() throws Exception {
        start();
        TestClients clients = new TestClients(broker);
        for (int i = 0; i < 6; i++) {
            clients.createTopic("a-topic-with-a-long-name-so-that-it-takes-some-space-" + i, 100, Map.of());
        }
        int response;
        try (RawClient other = new RawClient(broker)) {
            other.send(metadata());
            response = other.receiveFrame().remaining();
        }
        assertThat(response).as("one response is large").isGreaterThan(16 * KILOBYTE);
        try (RawClient greedy = new RawClient(broker); RawClient other = new RawClient(broker)) {
            int asked = 1000;
            for (int i = 0; i < asked; i++) {
                greedy.send(metadata());
            }
            await("the socket is full", () -> Measured.of(broker, "millrace_response_memory_bytes") > 0);
            for (int i = 0; i < 50; i++) {
                other.send(metadata());
                other.receive();
                assertThat(Measured.of(broker, "millrace_response_memory_bytes")).isLessThanOrEqualTo(2.0 * response);
            }
            assertThat(Measured.of(broker, "millrace_requests_in_flight")).isLessThan(5);
            for (int i = 0; i < asked; i++) {
                assertThat(greedy.receiveFrame().remaining()).isGreaterThanOrEqualTo(response);
            }
        }
        // Responses came in order and whole, or frames would not have had their sizes.
        await("nothing is held", () -> Measured.of(broker, "millrace_response_memory_bytes") == 0);
    }

    @Test
    void connectionsThatBreakGiveTheirMemoryBack() throws Exception {
        start("queued.max.request.bytes", "1048576");
        for (int i = 0; i < 50; i++) {
            RawClient broken = stalled(produce(100 * KILOBYTE), 20 * KILOBYTE + 1500 * i);
            RawClient rude = new RawClient(broker);
            for (int j = 0; j < 5; j++) {
                rude.send(produce(10 * KILOBYTE));
                rude.send(metadata());
            }
            broken.close();
            rude.close();
        }
        await("all memory comes back", () -> used() == 0);
        await("all connections end", () -> Measured.of(broker, "kafka_server_socket_server_metrics_connection_count") == 0);
    }
}
