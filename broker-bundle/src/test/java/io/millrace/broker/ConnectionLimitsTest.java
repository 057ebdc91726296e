package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaAlteration.Op;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.requests.MetadataRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many connections there may be, and how fast they may come. The tests' own administration comes from 127.0.0.1. */
@Timeout(60)
class ConnectionLimitsTest {

    private static final String ONE = "127.0.0.2";
    private static final String OTHER = "127.0.0.3";
    private static final String COUNT = "kafka_server_socket_server_metrics_connection_count";
    private static final String REFUSED = "millrace_connections_refused_total";

    @TempDir
    Path data;
    private BrokerServer broker;
    private final List<RawClient> open = new ArrayList<>();

    private void start(String... config) {
        Map<String, String> all = new HashMap<>(Map.of("listen", "127.0.0.1:0"));
        for (int i = 0; i < config.length; i += 2) {
            all.put(config[i], config[i + 1]);
        }
        broker = BrokerServer.start(BrokerConfig.with(data, all));
    }

    @AfterEach
    void stop() throws IOException {
        for (RawClient client : open) {
            client.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    private RawClient connect(String from) throws IOException {
        RawClient client = new RawClient(broker, from);
        open.add(client);
        return client;
    }

    private RawClient served(String from) throws IOException {
        RawClient client = connect(from);
        assertThat(isServed(client, 10_000)).as("a client from %s is served", from).isTrue();
        return client;
    }

    /** False if there is no answer in time; the client may ask again. */
    private static boolean isServed(RawClient client, int millis) throws IOException {
        client.timeout(millis);
        client.send(new MetadataRequest(new MetadataRequestData().setTopics(List.of()), (short) 12));
        try {
            client.receiveFrame();
            return true;
        } catch (SocketTimeoutException waiting) {
            return false;
        } finally {
            client.timeout(10_000);
        }
    }

    /** Of so many connections that come at once, how many are let in. */
    private int admitted(String from, int connections) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            clients.add(connect(from));
        }
        int admitted = 0;
        for (RawClient client : clients) {
            try {
                admitted += isServed(client, 10_000) ? 1 : 0;
            } catch (EOFException | SocketException refused) {
                // Not counted.
            }
        }
        return admitted;
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private void set(String... keysAndValues) throws Exception {
        List<AlterConfigOp> changes = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            changes.add(new AlterConfigOp(new ConfigEntry(keysAndValues[i], keysAndValues[i + 1]), OpType.SET));
        }
        try (Admin admin = new TestClients(broker).admin()) {
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.BROKER, ""), changes)).all().get();
        }
    }

    private void limitRate(String address, Double perSecond) throws Exception {
        Map<String, String> entity = new HashMap<>();
        entity.put("ip", address);
        try (Admin admin = new TestClients(broker).admin()) {
            admin.alterClientQuotas(List.of(new ClientQuotaAlteration(new ClientQuotaEntity(entity), List.of(new Op("connection_creation_rate", perSecond)))))
                    .all().get();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"max.connections", "listener.name.plaintext.max.connections"})
    void whoComesWhenThereAreAllThatMayBeWaitsUntilOneEnds(String key) throws Exception {
        start(key, "2");
        RawClient first = served(ONE);
        served(ONE);
        RawClient third = connect(OTHER);
        assertThat(isServed(third, 200)).isFalse();
        first.close();
        third.receiveFrame();
        assertThat(Measured.of(broker, COUNT)).isEqualTo(2);
        assertThat(Measured.of(broker, "kafka_network_acceptor_blocked_nanoseconds_total")).isGreaterThan(100e6);
    }

    @Test
    void whoeverWaitsComesInWhenTheLimitIsRaised() throws Exception {
        // The administration has two.
        start("max.connections", "4");
        try (Admin admin = new TestClients(broker).admin()) {
            admin.describeCluster().nodes().get();
            served(ONE);
            served(ONE);
            RawClient waiting = connect(ONE);
            assertThat(isServed(waiting, 100)).isFalse();
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.BROKER, ""),
                    List.of(new AlterConfigOp(new ConfigEntry("max.connections", "10"), OpType.SET)))).all().get();
            waiting.receiveFrame();
        }
    }

    @Test
    void anAddressHasNoMoreConnectionsThanItMay() throws Exception {
        start("max.connections.per.ip", "2", "max.connections.per.ip.overrides", "127.0.0.1:100, " + OTHER + ":1");
        RawClient first = served(ONE);
        served(ONE);
        assertThat(connect(ONE).isClosedByBroker()).isTrue();
        served(OTHER);
        assertThat(connect(OTHER).isClosedByBroker()).isTrue();
        served("127.0.0.4");
        assertThat(Measured.of(broker, REFUSED)).isEqualTo(2);
        first.close();
        await("the connection is gone", () -> Measured.of(broker, COUNT) == 3);
        served(ONE);
    }

    @Test
    void limitsOfAddressesChangeWhileTheNodeRuns() throws Exception {
        start();
        served(ONE);
        served(ONE);
        set("max.connections.per.ip", "2", "max.connections.per.ip.overrides", "127.0.0.1:100");
        assertThat(connect(ONE).isClosedByBroker()).isTrue();
        set("max.connections.per.ip.overrides", "127.0.0.1:100," + ONE + ":3");
        served(ONE);
        assertThat(connect(ONE).isClosedByBroker()).isTrue();
        assertThatThrownBy(() -> set("max.connections.per.ip.overrides", "no.such.host.invalid:3")).cause().isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("there is no such host");
        broker.close();
        start();
        served(ONE);
        served(ONE);
        served(ONE);
        assertThat(connect(ONE).isClosedByBroker()).as("the limit survives a restart").isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"max.connection.creation.rate", "listener.name.plaintext.max.connection.creation.rate"})
    void connectionsThatComeTooFastWait(String key) throws Exception {
        // In two windows of a second: twenty in the first second, ten in each further one.
        start(key, "10", "quota.window.num", "2");
        long began = System.nanoTime();
        for (int i = 0; i < 40; i++) {
            served(ONE).close();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(Duration.ofMillis(1500), Duration.ofSeconds(8));
        assertThat(Measured.of(broker, REFUSED)).isZero();
        assertThat(Measured.of(broker, "kafka_server_socket_server_metrics_connection_accept_throttle_time")).isPositive();
    }

    @Test
    void anAddressWhoseConnectionsComeTooFastIsHeldOffAndOthersAreNot() throws Exception {
        start("quota.window.num", "2");
        limitRate(ONE, 5.0);
        int admitted = admitted(ONE, 40);
        assertThat(admitted).isBetween(5, 20);
        for (int i = 0; i < 30; i++) {
            served(OTHER);
        }
        assertThat(Measured.of(broker, REFUSED)).isEqualTo(40 - admitted);
        assertThat(Measured.of(broker, "kafka_server_socket_server_metrics_ip_connection_accept_throttle_time")).isPositive();
        limitRate(ONE, null);
        for (int i = 0; i < 20; i++) {
            served(ONE);
        }
    }

    @Test
    void theDefaultRateIsThatOfEveryAddressWithoutOneOfItsOwn() throws Exception {
        start("quota.window.num", "2");
        limitRate("127.0.0.1", 1000.0);
        limitRate(null, 3.0);
        for (String address : List.of(ONE, OTHER)) {
            assertThat(admitted(address, 30)).isBetween(3, 12);
        }
    }

    @Test
    void aThousandConnectionsComeAndGoAndNothingStaysBehind() throws Exception {
        start();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 250; i++) {
                connect(i % 2 == 0 ? ONE : OTHER);
            }
            served(ONE);
            for (RawClient client : open) {
                client.close();
            }
            open.clear();
        }
        await("all are gone", () -> Measured.of(broker, COUNT) == 0);
        assertThat(Measured.of(broker, "kafka_server_socket_server_metrics_connection_close_total"))
                .isEqualTo(Measured.of(broker, "kafka_server_socket_server_metrics_connection_creation_total")).isEqualTo(1004);
        broker.close();
        broker = null;
    }

    @Test
    void aNodeStopsThoughConnectionsWait() throws Exception {
        start("max.connections", "1");
        served(ONE);
        connect(ONE);
        long began = System.nanoTime();
        broker.close();
        broker = null;
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }
}
