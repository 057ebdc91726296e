package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.requests.MetadataRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections whose requests follow each other closely are read by threads of the system, as far as there are enough of these. */
@Timeout(60)
class BusyConnectionsTest {

    /** Nobody else's in these tests. */
    private static final String ADDRESS = "127.0.0.9";
    private static final int MANY = 200;
    private static final int MOST = 4 * Runtime.getRuntime().availableProcessors();

    @TempDir
    Path data;
    private BrokerServer broker;
    private final List<RawClient> open = new ArrayList<>();

    @BeforeEach
    void start() {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0")));
    }

    @AfterEach
    void stop() throws IOException {
        closeAll();
        broker.close();
    }

    private void closeAll() throws IOException {
        for (RawClient client : open) {
            client.close();
        }
        open.clear();
    }

    private RawClient connect() throws IOException {
        RawClient client = new RawClient(broker, ADDRESS);
        open.add(client);
        return client;
    }

    private static MetadataRequest request() {
        return new MetadataRequest(new MetadataRequestData().setTopics(List.of()), (short) 12);
    }

    private static long systemReaders() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("reader /" + ADDRESS)).count();
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private static void ask(RawClient client, int times) throws IOException {
        for (int i = 0; i < times; i++) {
            client.send(request());
            client.receive();
        }
    }

    /** So many more connections that do much. */
    private void beBusy(int connections) throws IOException {
        long before = systemReaders();
        for (int i = 1; i <= connections; i++) {
            RawClient client = connect();
            do {
                ask(client, MANY);
            } while (systemReaders() < before + i);
        }
    }

    @Test
    void aConnectionThatDoesLittleHasNone() throws Exception {
        ask(connect(), 10);
        assertThat(systemReaders()).isZero();
    }

    @Test
    void requestsSentAheadAreAnsweredInOrderWhileTheReaderChanges() throws Exception {
        RawClient client = connect();
        for (int i = 0; i < MANY; i++) {
            client.send(request());
        }
        for (int i = 0; i < MANY; i++) {
            client.receive();
        }
        ask(client, 10);
    }

    @Test
    void thereAreFewAndWhoFindsNoneLeftIsServedNevertheless() throws Exception {
        beBusy(MOST);
        for (int i = 0; i < 3; i++) {
            ask(connect(), MANY);
        }
        assertThat(systemReaders()).isEqualTo(MOST);
        for (RawClient client : open) {
            ask(client, 1);
        }
    }

    @Test
    void whatAConnectionHadIsForOthersWhenItEnds() throws Exception {
        for (int round = 0; round < 2; round++) {
            beBusy(MOST);
            assertThat(systemReaders()).isEqualTo(MOST);
            closeAll();
            await("the readers end", () -> systemReaders() == 0);
        }
    }

    @Test
    void aReaderThatWaitsForAClientEndsWithTheBroker() throws Exception {
        beBusy(1);
        broker.close();
        await("the reader ends", () -> systemReaders() == 0);
    }

    /** The memory of a busy connection's requests is used again: nothing may be left of one in the next, nor be missing in the log. */
    @ParameterizedTest
    @CsvSource({"1, none, producer", "all, none, producer", "all, lz4, producer", "1, none, gzip"})
    void largeRequestsOneAfterTheOtherAreInTheLogAsTheyWereSent(String acks, String codec, String stored) throws Exception {
        TestClients clients = new TestClients(broker);
        clients.createTopic("t", 1, Map.of("compression.type", stored));
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = clients.producer("acks", acks, "compression.type", codec, "linger.ms", "0", "batch.size", "0")) {
            for (int i = 0; i < 400; i++) {
                sent.add(random.ints(17_000 + random.nextInt(60_000), 32, 127).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString());
                producer.send(new ProducerRecord<>("t", sent.getLast()));
            }
        }
        assertThat(clients.read(new TopicPartition("t", 0), 0, sent.size())).as("seed %d", seed).extracting(ConsumerRecord::value).isEqualTo(sent);
    }
}
