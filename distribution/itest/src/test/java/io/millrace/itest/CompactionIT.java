package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} while logs are compacted all the time and written to. Longer: {@code -Dmillrace.crash.kills=200}; the same moments again:
 * {@code -Dmillrace.crash.seed=N}, as printed.
 */
class CompactionIT {

    private static final int KILLS = Integer.getInteger("millrace.crash.kills", 4);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final TopicPartition TABLE = new TopicPartition("table", 0);
    private static final int KEYS = 300;
    /** Of each key's values, every so many is a tombstone. */
    private static final int TOMBSTONE = 11;

    @TempDir
    private Path folder;
    private final Map<String, Integer> sent = new ConcurrentHashMap<>();
    private final Map<String, Integer> acknowledged = new ConcurrentHashMap<>();
    private volatile Exception refused;

    @Test
    @Timeout(3600)
    void theLatestOfEachKeySurvivesKillNineInTheMiddleOfACleaning() throws Exception {
        long seed = Long.getLong("millrace.crash.seed", System.nanoTime());
        System.out.println("millrace.crash.seed=" + seed);
        Random random = new Random(seed);
        Path data = folder.resolve("data");
        int interrupted = 0;
        double cleanings = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            try (Millrace node = start(data)) {
                if (kill == 0) {
                    createTable(node);
                }
                check(node, seed);
                double before = cleanings(node);
                long writes = random.nextLong();
                Thread writer = Thread.ofPlatform().start(() -> write(node, new Random(writes)));
                node.await("the table to be compacted", Duration.ofSeconds(60), () -> cleanings(node) > before + 1 || refused != null);
                LockSupport.parkNanos(random.nextLong(Duration.ofMillis(500).toNanos()));
                cleanings += cleanings(node);
                node.kill();
                writer.interrupt();
                writer.join();
                assertThat(refused).isNull();
                interrupted += unfinished(data) ? 1 : 0;
            }
        }
        System.out.printf("%d kills, %d of them in the middle of a swap; %.0f cleanings%n", KILLS, interrupted, cleanings);
        try (Millrace node = start(data)) {
            check(node, seed);
            node.await("no swap to be left", Duration.ofSeconds(60), () -> !unfinished(data));
            assertThat(node.get("/status").at("/health").findValuesAsText("kind")).doesNotContain("partition");
        }
    }

    private static Millrace start(Path data) {
        return Millrace.start(data, "--set=log.cleaner.backoff.ms=1", "--set=log.cleaner.delete.retention.ms=500");
    }

    private static void createTable(Millrace node) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic(TABLE.topic(), 1, (short) 1).configs(Map.of("cleanup.policy", "compact",
                    "internal.segment.bytes", "5000", "min.cleanable.dirty.ratio", "0")))).all().get();
        }
    }

    private static Map<String, Object> writerOf(Millrace node) {
        return ClientSettings.of(node.bootstrap(), Map.of("acks", "all", "linger.ms", "2", "batch.size", "2000", "delivery.timeout.ms", "30000", "request.timeout.ms", "20000",
                "max.block.ms", "30000", "transactional.id", "writer"));
    }

    /** Until the node is gone. */
    private void write(Millrace node, Random random) {
        KafkaProducer<String, String> producer = new KafkaProducer<>(writerOf(node), new StringSerializer(), new StringSerializer());
        try {
            producer.initTransactions();
            while (node.alive()) {
                Map<String, Integer> transaction = new HashMap<>();
                boolean commit = random.nextInt(5) > 0;
                producer.beginTransaction();
                for (int i = random.nextInt(80); i >= 0; i--) {
                    String key = "key-" + random.nextInt(KEYS);
                    int number = commit ? sent.merge(key, 1, Integer::sum) : Integer.MAX_VALUE;
                    producer.send(new ProducerRecord<>(TABLE.topic(), 0, key, number % TOMBSTONE == 0 ? null : number + " " + "x".repeat(random.nextInt(100))));
                    transaction.put(key, number);
                }
                if (commit) {
                    producer.commitTransaction();
                    acknowledged.putAll(transaction);
                } else {
                    producer.abortTransaction();
                }
            }
        } catch (KafkaException e) {
            if (node.alive()) {
                refused = e;
            }
        } finally {
            producer.close(Duration.ZERO);
        }
    }

    private void check(Millrace node, long seed) {
        // A commit is acknowledged before its markers are there; this waits for them, and aborts what the dead writer left open.
        try (KafkaProducer<String, String> successor = new KafkaProducer<>(writerOf(node), new StringSerializer(), new StringSerializer())) {
            successor.initTransactions();
        }
        Map<String, Integer> numbers = new HashMap<>();
        Map<String, Object> settings = Map.of("bootstrap.servers", node.bootstrap(), "isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(TABLE));
            consumer.seekToBeginning(List.of(TABLE));
            long end = consumer.endOffsets(List.of(TABLE)).get(TABLE);
            long last = -1;
            while (consumer.position(TABLE) < end) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    assertThat(record.offset()).isGreaterThan(last);
                    last = record.offset();
                    int number = record.value() == null ? 0 : Integer.parseInt(record.value().substring(0, record.value().indexOf(' ')));
                    if (number > 0) {
                        assertThat(number).as("seed %d: %s at offset %d", seed, record.key(), last).isGreaterThan(numbers.getOrDefault(record.key(), -1));
                    }
                    numbers.put(record.key(), number);
                }
            }
        }
        acknowledged.forEach((key, number) -> {
            int latest = sent.get(key);
            int read = numbers.getOrDefault(key, 0);
            boolean deleted = read == 0 && latest / TOMBSTONE * TOMBSTONE >= number;
            assertThat(read >= number && read <= latest || deleted).as("seed %d: %s is %d, acknowledged %d, sent %d", seed, key, read, number, latest).isTrue();
        });
    }

    private static double cleanings(Millrace node) {
        try {
            String metrics = HTTP.send(HttpRequest.newBuilder(URI.create(node.url() + "/metrics")).build(), HttpResponse.BodyHandlers.ofString()).body();
            return metrics.lines().filter(line -> line.startsWith("millrace_log_cleaner_cleanings_total "))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' ')))).sum();
        } catch (IOException | InterruptedException e) {
            return 0;
        }
    }

    /** By the names of files alone: they come and go meanwhile. */
    private static boolean unfinished(Path data) {
        File[] folders = data.resolve("broker/logs").toFile().listFiles(File::isDirectory);
        return Arrays.stream(folders).flatMap(folder -> Arrays.stream(folder.list())).anyMatch(name -> name.endsWith(".swap") || name.endsWith(".cleaned"));
    }
}
