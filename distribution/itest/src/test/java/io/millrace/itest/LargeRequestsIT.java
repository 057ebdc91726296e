package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that together send several times as much at once as the whole process may have. */
@Timeout(90)
class LargeRequestsIT {

    private static final int CLIENTS = 64;
    private static final int REQUESTS = 2;
    /** The pool has a part for large ones. */
    private static final int[] RECORD_BYTES = {3 << 20, 900 << 10};
    private static final long SENT = (long) CLIENTS * REQUESTS * (RECORD_BYTES[0] + RECORD_BYTES[1]) / 2;
    private static final int HEAP_MB = 128;
    private static final long POOL = 16 << 20;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void theyWaitTheirTurnAndAllAreAnswered() throws Exception {
        try (Millrace broker = Millrace.startWith(Map.of("MILLRACE_OPTS", "-Xmx" + HEAP_MB + "m"), folder.resolve("data"), "--set", "queued.max.request.bytes=" + POOL);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            try (Admin admin = Admin.create(ClientSettings.of(broker.bootstrap()))) {
                admin.createTopics(List.of(new NewTopic("large", 4, (short) 1).configs(Map.of("max.message.bytes", Integer.toString(2 * RECORD_BYTES[0]))))).all().get();
            }
            ProduceRequest[] requests = requests();
            long before = resident(broker, "VmRSS");
            // All of them are in the middle of a request before any of them ends it.
            CountDownLatch begun = new CountDownLatch(CLIENTS);
            List<Future<Integer>> answered = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                answered.add(clients.submit(() -> send(broker.kafkaPort(), requests[number % requests.length], begun)));
            }
            begun.await();
            long most = 0;
            while (!answered.stream().allMatch(Future::isDone)) {
                most = Math.max(most, used(broker));
            }
            for (Future<Integer> client : answered) {
                assertThat(client.get()).isEqualTo(REQUESTS);
            }
            long grown = resident(broker, "VmHWM") - before;
            System.out.printf("%d MB sent at once, at most %d MB held in requests, the process grew by %d MB%n", SENT >> 20, most >> 20,
                    grown >> 20);
            assertThat(most).isPositive().isLessThanOrEqualTo(POOL);
            assertThat(gauge(broker, "kafka_server_socket_server_metrics_memory_pool_depleted_nanoseconds_total")).as("somebody had to wait").isPositive();
            assertThat(grown).isLessThan(SENT * 2 / 3);
            // The platform's own clients have small requests that wait for records.
            broker.await("all memory to be back", Duration.ofSeconds(20), () -> used(broker) < RECORD_BYTES[1]);
            assertThat(broker.output()).doesNotContain("OutOfMemory").doesNotContain(" ERROR ");
        }
    }

    private static ProduceRequest[] requests() {
        ProduceRequest[] requests = new ProduceRequest[4];
        Arrays.setAll(requests, partition -> {
            byte[] record = new byte[RECORD_BYTES[partition % RECORD_BYTES.length]];
            new Random(partition).nextBytes(record);
            MemoryRecords records = MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(record));
            TopicProduceData topic = new TopicProduceData().setName("large");
            topic.partitionData().add(new PartitionProduceData().setIndex(partition).setRecords(records));
            ProduceRequestData request = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(60_000);
            request.topicData().add(topic);
            return new ProduceRequest(request, (short) 9);
        });
        return requests;
    }

    /** @return how many requests were answered with their records stored */
    private static int send(int port, ProduceRequest request, CountDownLatch begun) throws Exception {
        try (RawConnection connection = new RawConnection(port)) {
            List<RequestHeader> sent = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                RequestHeader header = connection.header(request);
                byte[] frame = RawConnection.frame(request, header);
                int some = i == 0 ? 1_000 : 0;
                if (i == 0) {
                    connection.send(Arrays.copyOf(frame, some));
                    begun.countDown();
                    begun.await();
                }
                connection.send(Arrays.copyOfRange(frame, some, frame.length));
                sent.add(header);
            }
            int stored = 0;
            for (RequestHeader header : sent) {
                ProduceResponse response = (ProduceResponse) connection.receive(header);
                assertThat(response.errorCounts()).containsOnlyKeys(Errors.NONE);
                stored++;
            }
            return stored;
        }
    }

    /** @return bytes of requests that are read and not answered */
    private static long used(Millrace broker) {
        return gauge(broker, "kafka_network_socketserver_memorypoolused");
    }

    private static long gauge(Millrace broker, String name) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(broker.url() + "/metrics")).build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body().lines().filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf(' ') + 1))).findFirst().orElseThrow();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** @return bytes, as the kernel counts them */
    private static long resident(Millrace broker, String what) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + broker.pid() + "/status")).stream().filter(line -> line.startsWith(what + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst().orElseThrow();
    }
}
