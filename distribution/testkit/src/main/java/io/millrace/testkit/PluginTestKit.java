package io.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * A whole Millrace in the test's own process, with a real broker on a free loopback port and an empty data folder that goes with it. The
 * plugin under test is installed as in production, from what the build has compiled so far; breakpoints in it work.
 *
 * <pre>{@code
 * try (PluginTestKit kit = PluginTestKit.start()) {
 *     kit.install("my-plugin", Path.of("target/classes"));
 *     kit.connector("lines", Map.of("connector.class", "org.example.MySource", "topic", "lines"));
 *     assertEquals("first line", kit.values("lines", 1).getFirst());
 * }
 * }</pre>
 *
 * <p>Millrace's folder is found at the system property {@code millrace.home}, the environment variable {@code MILLRACE_HOME}, or the PATH.
 * Waiting methods give up after 30 seconds with an {@link AssertionError} that says what they waited for and how things stand.
 */
public final class PluginTestKit implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(20);

    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final EmbeddedPlatform platform;

    private PluginTestKit(Path folder, EmbeddedPlatform platform) {
        this.folder = folder;
        this.platform = platform;
    }

    /** Returns when connectors can be made. */
    public static PluginTestKit start() {
        return start(Map.of());
    }

    /** @param settings configuration keys of the platform */
    public static PluginTestKit start(Map<String, String> settings) {
        try {
            Map<String, String> all = new LinkedHashMap<>(Map.of("listen", "127.0.0.1:0", "http.listen", "127.0.0.1:0"));
            all.putAll(settings);
            Path folder = Files.createTempDirectory("millrace-test");
            PluginTestKit kit = new PluginTestKit(folder, EmbeddedPlatform.start(DistributionFolder.find(), folder.resolve("data"), all));
            kit.await("the connect runtime", () -> kit.exchange("GET", "/connectors", HttpRequest.BodyPublishers.noBody()).statusCode() == 200);
            return kit;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For Kafka clients of the test's own. */
    public String bootstrapServers() {
        return platform.kafka();
    }

    /** Of the REST interface, {@code http://host:port}. */
    public String url() {
        return "http://" + platform.http();
    }

    /**
     * Installs a plugin made of classes and the jars they need, or updates it if it is installed.
     *
     * @param classes folder of compiled classes and resources, such as {@code target/classes}; or a jar, zip, tar.gz or folder of jars
     * @param jars    dependencies that go into the plugin
     * @throws IllegalStateException with the platform's message if it is refused
     */
    public void install(String name, Path classes, Path... jars) {
        try {
            Path file = PluginFolder.zip(Files.createTempDirectory(folder, "plugin").resolve(name + ".zip"), classes, List.of(jars));
            boolean known = exchange("GET", "/plugins/" + name, HttpRequest.BodyPublishers.noBody()).statusCode() == 200;
            request(known ? "PUT" : "POST", (known ? "/plugins/" + name : "/plugins") + "?filename=" + name + ".zip", HttpRequest.BodyPublishers.ofFile(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Makes a connector, or changes its configuration, and waits until all of its tasks run.
     *
     * @throws IllegalStateException with what is wrong with the configuration
     * @throws AssertionError        with the trace of what failed
     */
    public void connector(String name, Map<String, String> config) {
        request("PUT", "/connectors/" + name + "/config", HttpRequest.BodyPublishers.ofString(Json.object(config)));
        await("connector " + name + " to run", () -> {
            String status = status(name);
            if (status.contains("\"FAILED\"")) {
                throw new AssertionError("connector " + name + " failed: " + status.replace("\\n", "\n").replace("\\t", "\t"));
            }
            return status.contains("\"RUNNING\"") && !status.contains("\"UNASSIGNED\"") && status.contains("\"id\":0");
        });
    }

    /** Kafka Connect's status of the connector, JSON. */
    public String status(String connector) {
        return get("/connectors/" + connector + "/status");
    }

    /** Blocks until it has stopped and committed. */
    public void delete(String connector) {
        request("DELETE", "/connectors/" + connector, HttpRequest.BodyPublishers.noBody());
    }

    /** Writes one record and waits for its acknowledgement. */
    public void produce(String topic, String key, String value) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrapServers()), new StringSerializer(),
                new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while writing to " + topic, e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("a record cannot be written to " + topic + ": " + e.getCause(), e.getCause());
        }
    }

    /** The first records of a topic, committed ones only, once there are that many. */
    public List<ConsumerRecord<String, String>> records(String topic, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrapServers(), "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "isolation.level", "read_committed", "metadata.max.age.ms", "500");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            await(count + " records in " + topic, () -> {
                List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                        .map(info -> new TopicPartition(info.topic(), info.partition())).toList();
                if (!consumer.assignment().equals(java.util.Set.copyOf(partitions))) {
                    consumer.assign(partitions);
                    consumer.seekToBeginning(partitions);
                    records.clear();
                }
                consumer.poll(LOOK).forEach(records::add);
                return records.size() >= count;
            });
        }
        return records;
    }

    /** The values of {@link #records}. */
    public List<String> values(String topic, int count) {
        return records(topic, count).stream().map(ConsumerRecord::value).toList();
    }

    /** For anything else a test waits for, such as what a sink has written. */
    public void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + LIMIT.toSeconds() + " s for " + what + "\n" + get("/connectors?expand=status"));
            }
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting for " + what, e);
            }
        }
    }

    /** What {@code GET path} of the REST interface answers. */
    public String get(String path) {
        return request("GET", path, HttpRequest.BodyPublishers.noBody());
    }

    private String request(String method, String path, HttpRequest.BodyPublisher body) {
        HttpResponse<String> answer = exchange(method, path, body);
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(method + " " + path + " answers " + answer.statusCode() + ": " + answer.body().replace("\\n", "\n"));
        }
        return answer.body();
    }

    private HttpResponse<String> exchange(String method, String path, HttpRequest.BodyPublisher body) {
        try {
            return http.send(HttpRequest.newBuilder(URI.create(url() + path)).timeout(LIMIT.multipliedBy(2)).header("Content-Type", "application/json")
                    .method(method, body).build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted at " + method + " " + path, e);
        }
    }

    /** Stops the platform and deletes its data. */
    @Override
    public void close() {
        try {
            http.close();
            platform.close();
            try (Stream<Path> tree = Files.walk(folder)) {
                for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
