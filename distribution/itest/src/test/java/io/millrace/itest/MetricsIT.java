package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the forked platform tells of itself, after a known load: as Prometheus scrapes it and as dashboards for Kafka read it. */
class MetricsIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int RECORDS = 1_000;
    private static final String TOPIC = "measured";
    /** A name, its labels, and a number. */
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\.)*\",?)*})? (NaN|[+-]Inf|-?[0-9.]+(?:[eE][+-]?[0-9]+)?)");

    private static final Pattern METRIC = Pattern.compile("\\b(?:kafka|millrace|jvm|process|system)_[a-z0-9_]+");

    @TempDir
    private static Path folder;
    private static Millrace millrace;

    @BeforeAll
    static void startAndLoad() throws Exception {
        millrace = Millrace.start(folder.resolve("data"));
        Path connectFile = Path.of("target", "plugins", "connect-file.jar").toAbsolutePath();
        Result installed = Millrace.command(LIMIT, "plugin", "install", connectFile.toString(), "--data", folder.resolve("data").toString());
        assertThat(installed.exitCode()).as(installed.output()).isZero();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(millrace.bootstrap(), Map.of("acks", "all")),
                new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(TOPIC, "k" + i, "v" + i));
            }
        }
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                ClientSettings.of(millrace.bootstrap(), Map.of("group.id", "readers", "auto.offset.reset", "earliest")),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            int[] read = new int[1];
            millrace.await("all records read", LIMIT, () -> (read[0] += consumer.poll(Duration.ofMillis(100)).count()) >= RECORDS);
            consumer.commitSync();
        }
        Path input = Files.write(folder.resolve("in.txt"), List.of("one", "two", "three"));
        millrace.send("POST", "/connectors", connector("lines-in", "FileStreamSource", "\"topic\": \"lines\"", input));
        millrace.send("POST", "/connectors", connector("lines-out", "FileStreamSink", "\"topics\": \"lines\"", folder.resolve("out.txt")));
        millrace.await("lines to be through", LIMIT,
                () -> number(scrape(), "kafka_connect_sink_task_metrics_sink_record_send_total{connector=\"lines-out\",task=\"0\"}") == 3);
    }

    private static String connector(String name, String type, String topic, Path file) {
        return """
                {"name": "%s", "config": {"connector.class": "%s", "file": "%s", %s, "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(name, type, file, topic);
    }

    @AfterAll
    static void stop() {
        millrace.close();
    }

    @Test
    void aScrapeIsWellFormedAndCountsWhatWasSentReadAndMoved() {
        Map<String, Double> samples = scrape();
        assertThat(number(samples, "kafka_server_brokertopicmetrics_messagesin_total{topic=\"" + TOPIC + "\"}")).isEqualTo(RECORDS);
        assertThat(number(samples, "kafka_log_log_logendoffset{partition=\"0\",topic=\"" + TOPIC + "\"}")
                + others(samples, "kafka_log_log_logendoffset", TOPIC)).isEqualTo(RECORDS);
        assertThat(number(samples, "kafka_server_brokertopicmetrics_bytesout_total{topic=\"" + TOPIC + "\"}")).isGreaterThan(RECORDS);
        assertThat(number(samples, "kafka_connect_source_task_metrics_source_record_write_total{connector=\"lines-in\",task=\"0\"}")).isEqualTo(3);
        assertThat(number(samples, "kafka_connect_connector_metrics_status{connector=\"lines-in\",state=\"running\"}")).isEqualTo(1);
        assertThat(number(samples, "kafka_server_replicamanager_underreplicatedpartitions")).isZero();
        assertThat(number(samples, "millrace_metrics_failures_total")).isZero();
        assertThat(samples.keySet()).anyMatch(name -> name.startsWith("jvm_memory_used_bytes{"));
    }

    /** An alert on a name that nobody has never fires. */
    @Test
    void whatThePageAlertsOnAndItsDashboardShowsIsThere() throws IOException {
        Path docs = Path.of("..", "..", "docs");
        String page = Files.readString(docs.resolve("metrics.md"));
        String alerts = page.substring(page.indexOf("## Alerts"), page.indexOf("## What it costs"));
        String expressions = alerts.lines().filter(line -> line.startsWith("| `")).map(line -> line.split("`")[1]).collect(Collectors.joining("\n"));
        Set<String> there = scrape().keySet().stream().map(name -> name.replaceFirst("\\{.*", "")).collect(Collectors.toSet());
        Set<String> missing = METRIC.matcher(expressions + Files.readString(docs.resolve("grafana-millrace.json"))).results().map(MatchResult::group)
                // There is no job here.
                .filter(name -> !name.startsWith("millrace_stream_") && !there.contains(name)).collect(Collectors.toCollection(TreeSet::new));
        assertThat(missing).isEmpty();
        assertThat(METRIC.matcher(expressions).results().count()).isGreaterThan(10);
    }

    private static double others(Map<String, Double> samples, String name, String topic) {
        return samples.entrySet().stream().filter(sample -> sample.getKey().startsWith(name + "{") && sample.getKey().contains("topic=\"" + topic + "\"")
                && !sample.getKey().contains("partition=\"0\"")).mapToDouble(Map.Entry::getValue).sum();
    }

    @Test
    void countersNeverFallFromOneScrapeToTheNext() {
        Map<String, Double> before = scrape();
        Map<String, Double> after = scrape();
        before.forEach((name, value) -> {
            if (name.matches("[^{]*_total(\\{.*)?")) {
                assertThat(after).containsKey(name);
                assertThat(after.get(name)).as(name).isGreaterThanOrEqualTo(value);
            }
        });
    }

    /** The list is of what published dashboards and exporter rules for Kafka and Kafka Connect select, as far as a node without peers has it. */
    @Test
    void mbeansHaveTheNamesAndAttributesThatDashboardsForKafkaRead() throws Exception {
        List<String> wanted;
        try (InputStream list = MetricsIT.class.getResourceAsStream("/dashboard-mbeans.txt")) {
            wanted = new String(list.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank() && !line.startsWith("//")).toList();
        }
        assertThat(wanted).hasSizeGreaterThan(50);
        try (Jmx jmx = Jmx.attach(millrace.pid())) {
            MBeanServerConnection beans = jmx.beans();
            Set<String> missing = new HashSet<>(wanted);
            // They come one after another, and their attributes too.
            long end = System.nanoTime() + LIMIT.toNanos();
            while (!missing.isEmpty() && System.nanoTime() < end) {
                missing.removeIf(each -> isThere(beans, each));
                Pause.aMoment();
            }
            assertThat(missing).isEmpty();
            ObjectName in = new ObjectName("kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec,topic=" + TOPIC);
            assertThat(beans.getAttribute(in, "Count")).isEqualTo((long) RECORDS);
            ObjectName sink = new ObjectName("kafka.connect:type=sink-task-metrics,connector=lines-out,task=0");
            assertThat(beans.getAttribute(sink, "sink-record-send-total")).isEqualTo(3.0);
            assertThat(beans.getAttribute(new ObjectName("kafka.connect:type=connector-metrics,connector=lines-in"), "status")).isEqualTo("running");
        }
    }

    private static Set<ObjectName> names(MBeanServerConnection beans, String pattern) {
        try {
            return beans.queryNames(new ObjectName(pattern), null);
        } catch (Exception e) {
            throw new AssertionError(pattern, e);
        }
    }

    /** @param wanted a pattern of names and an attribute that one of them must be able to tell */
    private static boolean isThere(MBeanServerConnection beans, String wanted) {
        int mark = wanted.lastIndexOf('#');
        for (ObjectName name : names(beans, wanted.substring(0, mark))) {
            try {
                return beans.getAttribute(name, wanted.substring(mark + 1)) != null;
            } catch (AttributeNotFoundException | InstanceNotFoundException notYet) {
                return false;
            } catch (Exception e) {
                throw new AssertionError(name + " cannot tell " + wanted.substring(mark + 1), e);
            }
        }
        return false;
    }

    private static double number(Map<String, Double> samples, String name) {
        return samples.getOrDefault(name, Double.NaN);
    }

    /** Every line must be what the text format allows, and no sample may come twice. */
    private static Map<String, Double> scrape() {
        Map<String, Double> samples = new HashMap<>();
        List<String> wrong = new ArrayList<>();
        for (String line : text().split("\n")) {
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches()) {
                String value = sample.group(3).replace("Inf", "Infinity");
                if (samples.put(sample.group(1) + (sample.group(2) == null ? "" : sample.group(2)), Double.valueOf(value)) != null) {
                    wrong.add("twice: " + line);
                }
            } else if (!line.startsWith("# HELP ") && !line.startsWith("# TYPE ")) {
                wrong.add(line);
            }
        }
        assertThat(wrong).isEmpty();
        return samples;
    }

    private static String text() {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(HttpRequest.newBuilder(URI.create(millrace.url() + "/metrics")).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
            return response.body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
