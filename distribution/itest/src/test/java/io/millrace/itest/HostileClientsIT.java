package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.ProduceResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that do what no client should, one kind after another, against a node with a small heap. It stays up and calm, and a well-behaved client
 * beside them notices nothing.
 */
class HostileClientsIT {

    /** A loaded machine stalls everybody now and then; a client that waits for a hostile one waits for far longer. */
    private static final Duration NOTICED = Duration.ofSeconds(10);
    private static final int BATCH_HEADER = 61;

    @TempDir
    private Path folder;

    @FunctionalInterface
    private interface Attack {
        void run(int port, List<RawConnection> open, Random random) throws Exception;
    }

    @Test
    @Timeout(600)
    void hostileClientsHarmNobody() throws Exception {
        long seed = Long.getLong("millrace.hostile.seed", System.nanoTime());
        System.out.println("millrace.hostile.seed=" + seed);
        Random random = new Random(seed);
        try (Millrace broker = Millrace.startWith(Map.of("MILLRACE_OPTS", "-Xmx256m"), folder.resolve("data")); Witness witness = new Witness(broker.bootstrap())) {
            witness.longestAfterMore(5);
            attack("half frames", HostileClientsIT::halfFrames, broker, witness, random);
            attack("impossible sizes and other protocols", HostileClientsIT::impossibleSizes, broker, witness, random);
            attack("unknown requests", HostileClientsIT::unknownRequests, broker, witness, random);
            attack("garbage", HostileClientsIT::garbage, broker, witness, random);
            attack("two thousand connections", HostileClientsIT::manyConnections, broker, witness, random);
            attack("clients that never read", HostileClientsIT::neverReading, broker, witness, random);
            attack("ten thousand requests at once", HostileClientsIT::pipelined, broker, witness, random);
            attack("huge names", HostileClientsIT::hugeNames, broker, witness, random);
            attack("bombs", HostileClientsIT::bombs, broker, witness, random);
        }
    }

    /** The attackers' connections stay open until it is found out whether the witness goes on. */
    private static void attack(String name, Attack attack, Millrace broker, Witness witness, Random random) throws Exception {
        List<RawConnection> open = new ArrayList<>();
        try {
            attack.run(broker.kafkaPort(), open, random);
            Duration longest = witness.longestAfterMore(20);
            System.out.println(name + ": longest round of the witness " + longest.toMillis() + " ms");
            assertThat(longest).as(name).isLessThan(NOTICED);
        } finally {
            for (RawConnection connection : open) {
                connection.close();
            }
        }
        assertThat(broker.alive()).as(broker.output()).isTrue();
        assertThat(broker.output()).as(name).doesNotContain("OutOfMemory").doesNotContain(" ERROR ").doesNotContain("\tat ");
    }

    private static RawConnection connect(int port, List<RawConnection> open) throws IOException {
        RawConnection connection = new RawConnection(port);
        open.add(connection);
        return connection;
    }

    private static void halfFrames(int port, List<RawConnection> open, Random random) throws IOException {
        for (int i = 0; i < 200; i++) {
            byte[] begun = ByteBuffer.allocate(4 + random.nextInt(30)).putInt(1 + random.nextInt(1 << 20)).array();
            connect(port, open).send(random.nextInt(5) == 0 ? new byte[] {0, 0} : begun);
        }
        // And a byte now and then.
        for (int round = 0; round < 5; round++) {
            open.forEach(connection -> connection.trySend(new byte[1]));
        }
    }

    private static void impossibleSizes(int port, List<RawConnection> open, Random random) throws IOException {
        for (byte[] first : new byte[][] {{0x7f, -1, -1, -1}, {-1, -1, -1, -1}, {-128, 0, 0, 0}, {0, 0, 0, 0}, {0x40, 0, 0, 0},
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8), {0x16, 3, 1, 2, 0, 1, 0, 1, -4, 3, 3}}) {
            RawConnection connection = connect(port, open);
            connection.trySend(first);
            assertThat(connection.isEnded()).isTrue();
        }
    }

    private static void unknownRequests(int port, List<RawConnection> open, Random random) throws IOException {
        for (int api = -2; api < 120; api++) {
            for (int version : new int[] {-1, 32, 99, Short.MAX_VALUE}) {
                if (api == ApiKeys.API_VERSIONS.id) {
                    continue;
                }
                try (RawConnection connection = new RawConnection(port)) {
                    connection.trySend(RawConnection.frame(ByteBuffer.allocate(20).putShort((short) api).putShort((short) version).array()));
                    assertThat(connection.isEnded()).as("api %d version %d", api, version).isTrue();
                }
            }
        }
    }

    private static void garbage(int port, List<RawConnection> open, Random random) throws IOException {
        for (int i = 0; i < 1000; i++) {
            byte[] content = new byte[12 + random.nextInt(500)];
            random.nextBytes(content);
            ApiKeys api = ApiKeys.values()[random.nextInt(ApiKeys.values().length)];
            if (api.allVersions().isEmpty()) {
                continue;
            }
            ByteBuffer.wrap(content).putShort(api.id).putShort((short) (api.oldestVersion() + random.nextInt(api.latestVersion() - api.oldestVersion() + 1)))
                    .putInt(i).putShort((short) (random.nextInt(3) - 1));
            try (RawConnection connection = new RawConnection(port)) {
                connection.trySend(random.nextBoolean() ? RawConnection.frame(content) : content);
            }
        }
    }

    private static void manyConnections(int port, List<RawConnection> open, Random random) throws IOException {
        for (int i = 0; i < 2000; i++) {
            connect(port, open);
        }
        for (int i = 0; i < 2000; i += 20) {
            RawConnection connection = open.get(i);
            RequestHeader header = connection.send(new ApiVersionsRequest.Builder().build());
            assertThat(connection.receive(header)).isNotNull();
        }
    }

    private static void neverReading(int port, List<RawConnection> open, Random random) throws IOException {
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            RawConnection connection = connect(port, open);
            // Blocks once the broker reads no more of it, until the connection is closed.
            senders.add(Thread.ofVirtual().start(() -> {
                MetadataRequest all = MetadataRequest.Builder.allTopics().build();
                for (int n = 0; n < 5000 && connection.trySend(RawConnection.frame(all, connection.header(all))); n++) {
                    Thread.yield();
                }
            }));
        }
        assertThat(senders).isNotEmpty();
    }

    private static void pipelined(int port, List<RawConnection> open, Random random) throws Exception {
        RawConnection connection = connect(port, open);
        List<RequestHeader> sent = new ArrayList<>();
        ApiVersionsRequest request = new ApiVersionsRequest.Builder().build();
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        for (int i = 0; i < 10_000; i++) {
            RequestHeader header = connection.header(request);
            sent.add(header);
            all.put(RawConnection.frame(request, header));
        }
        Thread sender = Thread.ofVirtual().start(() -> connection.trySend(Arrays.copyOf(all.array(), all.position())));
        for (RequestHeader header : sent) {
            // Checks that it is the answer to that one.
            assertThat(connection.receive(header)).isNotNull();
        }
        sender.join();
    }

    private static void hugeNames(int port, List<RawConnection> open, Random random) throws IOException {
        String name = "n".repeat(30_000);
        RawConnection connection = connect(port, open);
        MetadataRequest asked = new MetadataRequest.Builder(List.of(name, "a/b", "", ".", "x".repeat(250)), true).build();
        AbstractResponse told = connection.receive(connection.send(asked));
        assertThat(told.errorCounts()).containsOnlyKeys(Errors.INVALID_TOPIC_EXCEPTION);
        CreateTopicsRequestData topics = new CreateTopicsRequestData().setTimeoutMs(1000).setTopics(new CreatableTopicCollection());
        for (int i = 0; i < 30; i++) {
            topics.topics().add(new CreatableTopic().setName(name + i).setNumPartitions(i == 0 ? Integer.MAX_VALUE : 1).setReplicationFactor((short) 1));
        }
        topics.topics().add(new CreatableTopic().setName("many").setNumPartitions(Integer.MAX_VALUE).setReplicationFactor((short) 1));
        CreateTopicsRequest create = new CreateTopicsRequest.Builder(topics).build();
        assertThat(connection.receive(connection.send(create)).errorCounts()).doesNotContainKey(Errors.NONE).doesNotContainKey(Errors.UNKNOWN_SERVER_ERROR);
    }

    private static void bombs(int port, List<RawConnection> open, Random random) throws Exception {
        for (CompressionType codec : new CompressionType[] {CompressionType.GZIP, CompressionType.ZSTD}) {
            MemoryRecords bomb = bomb(codec);
            List<RequestHeader> sent = new ArrayList<>();
            List<RawConnection> senders = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                RawConnection connection = connect(port, open);
                TopicProduceData topic = new TopicProduceData().setName("bombed-" + i % 4)
                        .setPartitionData(List.of(new PartitionProduceData().setIndex(0).setRecords(bomb)));
                RequestHeader asked = connection.send(new MetadataRequest.Builder(List.of(topic.name()), true).build());
                connection.receive(asked);
                ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000).setTopicData(new TopicProduceDataCollection());
                data.topicData().add(topic);
                senders.add(connection);
                sent.add(connection.send(new ProduceRequest(data, (short) 9)));
            }
            for (int i = 0; i < senders.size(); i++) {
                ProduceResponse response = (ProduceResponse) senders.get(i).receive(sent.get(i));
                assertThat(response.errorCounts()).as("%s: %s", codec.name, response.data()).doesNotContainKey(Errors.NONE)
                        .doesNotContainKey(Errors.UNKNOWN_SERVER_ERROR);
            }
        }
    }

    /** A batch of one record of 230 MB of zeros, packed to less than a megabyte. */
    private static MemoryRecords bomb(CompressionType codec) throws IOException {
        int zeros = 220 << 20;
        ByteArrayOutputStream packed = new ByteArrayOutputStream(1 << 20);
        try (OutputStream out = codec == CompressionType.GZIP ? new GZIPOutputStream(packed) : new ZstdOutputStream(packed)) {
            ByteBuffer begin = ByteBuffer.allocate(40);
            varint(zeros + 10, begin);
            // Attributes, deltas of time and offset, no key.
            begin.put(new byte[] {0, 0, 0, 1});
            varint(zeros, begin);
            out.write(begin.array(), 0, begin.position());
            byte[] some = new byte[1 << 16];
            for (int left = zeros; left > 0; left -= some.length) {
                out.write(some);
            }
            out.write(0);
        }
        byte[] payload = packed.toByteArray();
        ByteBuffer batch = ByteBuffer.allocate(BATCH_HEADER + payload.length);
        batch.putLong(0).putInt(batch.capacity() - 12).putInt(-1).put((byte) 2).putInt(0).putShort((short) codec.id).putInt(0)
                .putLong(System.currentTimeMillis()).putLong(System.currentTimeMillis()).putLong(-1).putShort((short) -1).putInt(-1).putInt(1).put(payload);
        CRC32C crc = new CRC32C();
        crc.update(batch.array(), 21, batch.capacity() - 21);
        batch.putInt(17, (int) crc.getValue());
        return MemoryRecords.readableRecords(batch.flip());
    }

    private static void varint(int positive, ByteBuffer into) {
        int rest = positive << 1;
        while ((rest & ~0x7f) != 0) {
            into.put((byte) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        into.put((byte) rest);
    }
}
