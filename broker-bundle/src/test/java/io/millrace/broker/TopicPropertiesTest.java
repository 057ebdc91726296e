package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Properties of a topic that change while it is written to: each is seen by what it does. */
@Timeout(60)
class TopicPropertiesTest {

    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final ConfigResource TOPIC = new ConfigResource(Type.TOPIC, "orders");

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;
    private Admin admin;
    private KafkaProducer<String, String> producer;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "log.retention.check.interval.ms", "50")));
        clients = new TestClients(broker);
        admin = clients.admin();
        clients.createTopic("orders", 1, Map.of());
        producer = clients.producer("enable.idempotence", "false", "retries", "0", "linger.ms", "0");
    }

    @AfterEach
    void stop() {
        producer.close();
        admin.close();
        broker.close();
    }

    private void set(String... properties) throws Exception {
        List<AlterConfigOp> ops = new ArrayList<>();
        for (int i = 0; i < properties.length; i += 2) {
            ops.add(new AlterConfigOp(new ConfigEntry(properties[i], properties[i + 1]), OpType.SET));
        }
        admin.incrementalAlterConfigs(Map.of(TOPIC, ops)).all().get();
    }

    private RecordMetadata send(String value) throws Exception {
        return send(null, value, null);
    }

    private RecordMetadata send(String key, String value, Long timestamp) throws Exception {
        return producer.send(new ProducerRecord<>("orders", 0, timestamp, key, value)).get();
    }

    private void assertRefused(String key, String value, Long timestamp, Class<? extends Exception> why) {
        assertThatThrownBy(() -> send(key, value, timestamp)).isInstanceOf(ExecutionException.class).cause().isInstanceOf(why);
    }

    /** By their names alone: the node deletes some of them meanwhile. */
    private List<Path> files(String ending) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("logs").resolve(ORDERS.toString()))) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
        }
    }

    private record Stored(CompressionType codec, int bytes) {
    }

    private List<Stored> batches() throws IOException {
        List<Stored> batches = new ArrayList<>();
        for (Path file : files(".log")) {
            try (FileRecords records = FileRecords.open(file.toFile(), false)) {
                records.batches().forEach(batch -> batches.add(new Stored(batch.compressionType(), batch.sizeInBytes())));
            }
        }
        return batches;
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    private long startOffset() {
        try {
            return admin.listOffsets(Map.of(ORDERS, OffsetSpec.earliest())).partitionResult(ORDERS).get().offset();
        } catch (ExecutionException | InterruptedException failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void segmentBytesRollTheNextSegment() throws Exception {
        String large = "x".repeat(300_000);
        for (int i = 0; i < 4; i++) {
            send(large);
        }
        assertThat(files(".log")).hasSize(1);
        set("segment.bytes", "1048576");
        for (int i = 0; i < 4; i++) {
            send(large);
        }
        assertThat(files(".log")).hasSize(3);
    }

    @Test
    void segmentMsRollsByTime() throws Exception {
        long now = System.currentTimeMillis();
        send(null, "a", now - 5_000);
        send(null, "b", now);
        assertThat(files(".log")).hasSize(1);
        set("segment.ms", "1000");
        send(null, "c", now);
        assertThat(files(".log")).hasSize(2);
    }

    @Test
    void aFullIndexRollsTheNextSegmentAndItsIntervalFollows() throws Exception {
        set("index.interval.bytes", "0", "segment.index.bytes", "16");
        for (int i = 0; i < 10; i++) {
            send("v" + i);
        }
        assertThat(files(".log")).hasSizeGreaterThan(2);
    }

    @Test
    void retentionByTimeAndSizeTakesHoldAndTheFilesGoWhenTheirTimeIsOver() throws Exception {
        long old = System.currentTimeMillis() - 3_600_000;
        set("segment.bytes", "1048576", "file.delete.delay.ms", "0");
        String large = "x".repeat(600_000);
        for (int i = 0; i < 4; i++) {
            send(null, large, old);
        }
        assertThat(startOffset()).isZero();
        set("retention.bytes", "1300000");
        await(() -> startOffset() == 1);
        set("retention.ms", "60000");
        await(() -> startOffset() == 4);
        await(() -> {
            try {
                return files(".deleted").isEmpty() && files(".log").size() == 1;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void aPolicyOfCompactionTakesNoRecordWithoutAKey() throws Exception {
        send("without");
        set("cleanup.policy", "compact");
        assertRefused(null, "without", null, InvalidRecordException.class);
        send("key", "with", null);
        set("cleanup.policy", "delete");
        send("without");
    }

    @Test
    void batchesAreStoredInTheTopicsCodecAndLevel() throws Exception {
        Random random = new Random(7);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            text.append((char) ('a' + random.nextInt(4))).append(i % 7 == 0 ? "order" : "");
        }
        send("plain " + text);
        // lz4's default of 9 stands for its fast mode, in Kafka too.
        for (List<String> codec : List.of(List.of("gzip", "1", "9"), List.of("lz4", "9", "12"), List.of("zstd", "-5", "9"))) {
            for (String level : codec.subList(1, 3)) {
                set("compression.type", codec.getFirst(), "compression." + codec.getFirst() + ".level", level);
                send(codec.getFirst() + text);
            }
        }
        set("compression.type", "snappy");
        send("snappy" + text);
        set("compression.type", "uncompressed");
        send("uncompressed" + text);
        List<Stored> stored = batches();
        assertThat(stored.stream().map(Stored::codec)).containsExactly(CompressionType.NONE, CompressionType.GZIP, CompressionType.GZIP,
                CompressionType.LZ4, CompressionType.LZ4, CompressionType.ZSTD, CompressionType.ZSTD, CompressionType.SNAPPY, CompressionType.NONE);
        for (int first = 1; first < 7; first += 2) {
            assertThat(stored.get(first + 1).bytes()).as("%s of a higher level", stored.get(first).codec()).isLessThan(stored.get(first).bytes());
        }
        assertThat(clients.read(ORDERS, 0, 9)).extracting(record -> record.value().endsWith(text.toString())).hasSize(9).containsOnly(true);
    }

    @Test
    void tooLargeBatchesAndRecordsThatUnpackToTooMuchAreRefused() throws Exception {
        send("x".repeat(2_000));
        set("max.message.bytes", "1000");
        assertRefused(null, "x".repeat(2_000), null, RecordTooLargeException.class);
        set("max.decompressed.message.bytes", "10000");
        try (KafkaProducer<String, String> packing = clients.producer("enable.idempotence", "false", "retries", "0", "compression.type", "gzip")) {
            packing.send(new ProducerRecord<>("orders", "x".repeat(9_000))).get();
            assertThatThrownBy(() -> packing.send(new ProducerRecord<>("orders", "x".repeat(11_000))).get()).cause().isInstanceOf(InvalidRecordException.class);
        }
    }

    @Test
    void timesAreTheNodesOrWithinTheLimits() throws Exception {
        long now = System.currentTimeMillis();
        assertThat(send(null, "a", now - 7_000).timestamp()).isEqualTo(now - 7_000);
        set("message.timestamp.before.max.ms", "5000");
        assertRefused(null, "late", now - 7_000, InvalidTimestampException.class);
        send(null, "early", now + 60_000);
        set("message.timestamp.after.max.ms", "5000");
        assertRefused(null, "early", now + 60_000, InvalidTimestampException.class);
        set("message.timestamp.type", "LogAppendTime");
        assertThat(send(null, "stamped", now - 7_000).timestamp()).isGreaterThanOrEqualTo(now);
    }

    @Test
    void whatThisNodeDoesNotDoIsRefusedByName() {
        for (String property : List.of("preallocate=true", "remote.storage.enable=true", "remote.copy.lag.ms=5", "remote.log.copy.disable=true",
                "local.retention.ms=5", "local.retention.bytes=5", "errors.deadletterqueue.group.enable=true")) {
            assertThatThrownBy(() -> set(property.split("="))).as(property).cause().hasMessageStartingWith(property + ": ").hasMessageContaining("leave it at");
        }
    }
}
