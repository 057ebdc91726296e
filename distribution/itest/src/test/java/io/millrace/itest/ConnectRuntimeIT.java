package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connectors of unmodified plugins whose records, tasks or whole platform fail. */
class ConnectRuntimeIT {

    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String HEADER = "__connect.errors.";

    @TempDir
    private Path folder;

    /** What Kafka Connect 4.3.1 wrote for the same record and connector; only the stack trace is its own. */
    @Test
    void deadLettersHaveKafkasHeadersAndNoneIsLostHoweverOftenThePlatformIsKilled() throws Exception {
        Path data = folder.resolve("data");
        Path out = folder.resolve("letters.txt");
        int bad = 0;
        try (Millrace millrace = Millrace.start(data)) {
            install(data, "connect-file.jar");
            send(millrace, "{\"a\":1}", "not json", "{\"a\":2}");
            millrace.send("POST", "/connectors", """
                    {"name": "letters-out", "config": {"connector.class": "FileStreamSink", "file": "%s", "topics": "letters",
                     "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                     "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false",
                     "errors.tolerance": "all", "errors.deadletterqueue.topic.name": "dead-letters",
                     "errors.deadletterqueue.context.headers.enable": "true"}}""".formatted(out));
            awaitDeadLetters(millrace, 1);
            ConsumerRecord<String, String> dead = deadLetters(millrace).getFirst();
            assertThat(dead.value()).isEqualTo("not json");
            Map<String, String> headers = new LinkedHashMap<>();
            for (Header header : dead.headers()) {
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
            String trace = headers.remove(HEADER + "exception.stacktrace");
            assertThat(trace).startsWith("org.apache.kafka.connect.errors.DataException: ").contains("JsonConverter.toConnectData");
            assertThat(headers).containsExactly(Map.entry(HEADER + "topic", "letters"), Map.entry(HEADER + "partition", "0"), Map.entry(HEADER + "offset", "1"),
                    Map.entry(HEADER + "connector.name", "letters-out"), Map.entry(HEADER + "task.id", "0"), Map.entry(HEADER + "stage", "VALUE_CONVERTER"),
                    Map.entry(HEADER + "class.name", "org.apache.kafka.connect.json.JsonConverter"),
                    Map.entry(HEADER + "exception.class.name", "org.apache.kafka.connect.errors.DataException"),
                    Map.entry(HEADER + "exception.message", "Converting byte[] to Kafka Connect data failed due to serialization error: "));
            JsonNode error = millrace.get("/connectors/letters-out/errors").at("/tasks/0/errors/0");
            assertThat(error.at("/record/topic").asText()).isEqualTo("letters");
            assertThat(error.at("/record/offset").asLong()).isEqualTo(1);
            assertThat(error.path("stage").asText()).isEqualTo("VALUE_CONVERTER");
            assertThat(error.path("fate").asText()).isEqualTo("SKIPPED");
            bad = 1;
            send(millrace, "bad " + bad++, "{\"a\":3}");
            millrace.kill();
        }
        for (int kill = 0; kill < 2; kill++) {
            try (Millrace millrace = Millrace.start(data)) {
                send(millrace, "bad " + bad++, "{\"a\":" + (4 + kill) + "}");
                if (kill == 0) {
                    millrace.kill();
                } else {
                    awaitDeadLetters(millrace, 1 + bad - 1);
                    millrace.await("all good records in " + out, LIMIT, () -> text(out).contains("{a=3}") && text(out).contains("{a=4}")
                            && text(out).contains("{a=5}"));
                }
            }
        }
    }

    @Test
    void aConnectorThatIsMadeStoppedBeginsAtTheOffsetsThatItIsGivenAndEndsWithAllOfItsOwn() throws Exception {
        Path data = folder.resolve("data");
        Path in = Files.writeString(folder.resolve("in.txt"), "one\ntwo\nthree\n");
        try (Millrace millrace = Millrace.start(data)) {
            install(data, "connect-file.jar");
            millrace.send("POST", "/connectors", """
                    {"name": "in", "initial_state": "STOPPED", "config": {"connector.class": "FileStreamSource", "file": "%s", "topic": "lines",
                     "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(in));
            String offsets = "{\"offsets\": [{\"partition\": {\"filename\": \"" + in + "\"}, \"offset\": {\"position\": 4}}]}";
            millrace.send("PATCH", "/connectors/in/offsets", offsets);
            millrace.send("PUT", "/connectors/in/resume", "");
            millrace.await("the end of the file in the offsets", LIMIT, () -> get(millrace, "/connectors/in/offsets").contains("\"position\":14"));
            assertThat(read(millrace, "lines").stream().map(ConsumerRecord::value)).containsExactly("two", "three");

            millrace.send("POST", "/connectors", """
                    {"name": "out", "config": {"connector.class": "FileStreamSink", "file": "%s", "topics": "lines",
                     "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(folder.resolve("out.txt")));
            millrace.await("both lines", LIMIT, () -> text(folder.resolve("out.txt")).equals("two\nthree\n"));
            JsonNode diff = millrace.send("PUT", "/connectors/out/config/diff", """
                    {"connector.class": "FileStreamSink", "flie": "x", "topics": "lines", "tasks.max": "0"}""");
            assertThat(diff.path("effect").asText()).isEqualTo("REFUSED");
            assertThat(diff.at("/errors/0/errors/0").asText()).isEqualTo("Invalid value 0 for configuration tasks.max: Value must be at least 1");
            assertThat(diff.at("/unknown/0").toString()).isEqualTo("{\"name\":\"flie\",\"did_you_mean\":\"file\"}");
            assertThat(diff.path("changes").findValuesAsText("name")).containsExactly("file", "flie", "tasks.max", "value.converter");
            assertThat(diff.path("changes").findValuesAsText("change")).containsExactly("REMOVED", "ADDED", "ADDED", "REMOVED");
            millrace.send("PUT", "/connectors/out/stop", "");
            millrace.await("the stop", LIMIT, () -> get(millrace, "/connectors/out/status").contains("STOPPED"));
            millrace.send("PATCH", "/connectors/out/offsets", """
                    {"offsets": [{"partition": {"kafka_topic": "lines", "kafka_partition": 0}, "offset": {"kafka_offset": 1}}]}""");
            millrace.send("PUT", "/connectors/out/resume", "");
            millrace.await("the last line again", LIMIT, () -> text(folder.resolve("out.txt")).equals("two\nthree\nthree\n"));
        }
    }

    @Test
    void connectorsBeginAtTheirInitialOffsetsWithTheNodesConvertersAndMakeTopicsAsTheyAreSetTo() throws Exception {
        Path data = folder.resolve("data");
        Path in = Files.writeString(folder.resolve("in.txt"), "one\ntwo\nthree\n");
        String creation = """
                "topic.creation.default.partitions": "3", "topic.creation.default.replication.factor": "1", "topic.creation.default.retention.ms": "123456",
                "topic.creation.groups": "tables", "topic.creation.tables.include": "table-.*", "topic.creation.tables.exclude": "table-of-.*",
                "topic.creation.tables.partitions": "2", "topic.creation.tables.compression.type": "zstd",""";
        String at = "[{\"partition\": {\"filename\": \"" + in + "\"}, \"offset\": {\"position\": %d}}]";
        String[] converters = {"--set", "value.converter=org.apache.kafka.connect.json.JsonConverter", "--set", "value.converter.schemas.enable=false"};
        try (Millrace millrace = Millrace.start(data, converters); Admin admin = Admin.create(ClientSettings.of(millrace.bootstrap()))) {
            install(data, "connect-file.jar");
            for (String name : List.of("lines", "table-1", "table-of-contents")) {
                begin(millrace, name, in, creation, at.formatted(8));
                millrace.await("records of " + name, LIMIT, () -> read(millrace, name).size() == 1);
                // In JSON without its schema.
                assertThat(read(millrace, name).getFirst().value()).isEqualTo("\"three\"");
            }
            assertThat(settings(admin, "lines")).isEqualTo("3 partitions, 123456 ms, producer");
            assertThat(settings(admin, "table-1")).isEqualTo("2 partitions, 123456 ms, zstd");
            assertThat(settings(admin, "table-of-contents")).isEqualTo("3 partitions, 123456 ms, producer");
            assertThatThrownBy(() -> begin(millrace, "nowhere", in, "", "[{\"partition\": null, \"offset\": {\"position\": 8}}]"))
                    .hasMessageContaining("answered 400").hasMessageContaining("Partition objects cannot be null");
            assertThat(millrace.get("/connectors").toString()).doesNotContain("nowhere");
        }
        try (Millrace millrace = Millrace.start(data, "--set", "topic.creation.enable=false"); Admin admin = Admin.create(ClientSettings.of(millrace.bootstrap()))) {
            begin(millrace, "plain", in, creation, at.formatted(4));
            millrace.await("records of plain", LIMIT, () -> read(millrace, "plain").size() == 2);
            assertThat(read(millrace, "plain").getFirst().value()).as("JSON with its schema").contains("\"schema\"");
            assertThat(settings(admin, "plain")).startsWith("1 partitions").endsWith("producer");
        }
    }

    private static void begin(Millrace millrace, String name, Path in, String more, String offsets) throws Exception {
        millrace.send("POST", "/connectors", """
                {"name": "%1$s", "config": {"connector.class": "FileStreamSource", %3$s "file": "%2$s", "topic": "%1$s"}, "initial_offsets": %4$s}"""
                .formatted(name, in, more, offsets));
    }

    private static String settings(Admin admin, String topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() + " partitions, "
                + config.get("retention.ms").value() + " ms, " + config.get("compression.type").value();
    }

    /** Kafka Connect's worker gives the task up when it delivers exactly once; when it does not, it skips the record, as here. */
    @Test
    void aRecordThatKafkaRefusesIsSkippedWhereErrorsAreToleratedWhoeverRefusesIt() throws Exception {
        Path data = folder.resolve("data");
        // Larger than a batch. Behind one that is not, or if they were shorter than 15 bytes, the client would split one batch for ever (KAFKA-8350).
        List<String> small = List.of("the first line of the file", "the second line of the file", "the third line of the file");
        Path in = Files.writeString(folder.resolve("in.txt"), String.join("\n", small.get(0), "x".repeat(50_000), small.get(1), "y".repeat(60_000), small.get(2), ""));
        for (String exactlyOnce : new String[] {"enabled", "disabled"}) {
            try (Millrace millrace = Millrace.start(data, "--set", "exactly.once.source.support=" + exactlyOnce);
                    Admin admin = Admin.create(ClientSettings.of(millrace.bootstrap()))) {
                if (exactlyOnce.equals("enabled")) {
                    install(data, "connect-file.jar");
                }
                String byBroker = "by-broker-" + exactlyOnce;
                admin.createTopics(List.of(new NewTopic(byBroker, 1, (short) 1).configs(Map.of("max.message.bytes", "40000")))).all().get();
                lines(millrace, byBroker, in, "");
                String byClient = "by-client-" + exactlyOnce;
                lines(millrace, byClient, in, "\"producer.override.max.request.size\": \"40000\",");
                for (String name : List.of(byBroker, byClient)) {
                    millrace.await("the end of the file in the offsets of " + name, LIMIT, () -> get(millrace, "/connectors/" + name + "/offsets")
                            .contains("\"position\":" + in.toFile().length()));
                    assertThat(read(millrace, name).stream().map(ConsumerRecord::value)).as(name).containsExactlyInAnyOrderElementsOf(small);
                    JsonNode errors = millrace.get("/connectors/" + name + "/errors").at("/tasks/0/errors");
                    assertThat(errors.findValuesAsText("stage")).containsExactly("KAFKA_PRODUCE", "KAFKA_PRODUCE");
                    assertThat(errors.findValuesAsText("fate")).containsExactly("SKIPPED", "SKIPPED");
                    assertThat(errors.at("/0/record/source_offset").asText()).isEqualTo("{position=50028}");
                    assertThat(millrace.get("/connectors/" + name + "/metrics").at("/tasks/0/restarts").asInt()).isZero();
                }
            }
        }
    }

    private static void lines(Millrace millrace, String name, Path in, String more) throws Exception {
        millrace.send("POST", "/connectors", """
                {"name": "%1$s", "config": {"connector.class": "FileStreamSource", "file": "%2$s", "topic": "%1$s", "errors.tolerance": "all", %3$s
                 "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}""".formatted(name, in, more));
    }

    /** A worker of Kafka Connect that is pointed at these topics finds what it writes itself. */
    @Test
    void topicsOfConfigurationsOffsetsAndStatusesAreKafkaConnects() throws Exception {
        Path data = folder.resolve("data");
        Path in = Files.writeString(folder.resolve("in.txt"), "one\ntwo\nthree\n");
        try (Millrace millrace = Millrace.start(data)) {
            install(data, "connect-file.jar");
            millrace.send("POST", "/connectors", """
                    {"name": "in", "config": {"connector.class": "FileStreamSource", "file": "%s", "topic": "lines"}}""".formatted(in));
            millrace.await("the topic", LIMIT, () -> get(millrace, "/connectors/in/topics").contains("lines"));
            millrace.send("PUT", "/connectors/in/pause", "");
            millrace.await("the pause", LIMIT, () -> get(millrace, "/connectors/in/tasks/0/status").contains("PAUSED"));
            Map<String, String> statuses = new LinkedHashMap<>();
            millrace.await("the pause in connect-status", LIMIT, () -> {
                read(millrace, "connect-status").forEach(record -> statuses.put(record.key(), record.value()));
                return String.valueOf(statuses.get("status-task-in-0")).contains("\"state\":\"PAUSED\"")
                        && String.valueOf(statuses.get("status-connector-in")).contains("\"state\":\"PAUSED\"");
            });
            assertThat(statuses.get("status-task-in-0")).contains("\"version\":\"4.3.1\"", "\"trace\":null", "\"worker_id\":\"127.0.0.1:");
            assertThat(statuses.get("status-topic-lines:connector-in")).contains("\"name\":\"lines\"", "\"task\":0", "\"discoverTimestamp\":");
            Map<String, String> configs = new LinkedHashMap<>();
            read(millrace, "connect-configs").forEach(record -> configs.put(record.key(), record.value()));
            assertThat(configs.get("connector-in")).startsWith("{\"properties\":{").contains("\"topic\":\"lines\"");
            assertThat(configs.get("target-state-in")).isEqualTo("{\"state\":\"PAUSED\",\"state.v2\":\"PAUSED\"}");
            ConsumerRecord<String, String> offset = read(millrace, "connect-offsets").getLast();
            assertThat(offset.key()).isEqualTo("[\"in\",{\"filename\":\"" + in + "\"}]");
            assertThat(offset.value()).isEqualTo("{\"position\":14}");
        }
        try (Millrace millrace = Millrace.start(data)) {
            assertThat(get(millrace, "/connectors/in/topics")).as("topics are known again (KIP-558)").contains("lines");
            millrace.send("DELETE", "/connectors/in", null);
            Map<String, String> statuses = new LinkedHashMap<>();
            millrace.await("all statuses to be deleted", LIMIT, () -> {
                read(millrace, "connect-status").forEach(record -> statuses.put(record.key(), record.value()));
                return !statuses.isEmpty() && statuses.values().stream().allMatch(value -> value == null);
            });
        }
    }

    @Test
    void aTaskThatKeepsFailingIsRestartedAsOftenAsItsBudgetAllowsAndThenOnlyOnDemand() throws Exception {
        Path data = folder.resolve("data");
        try (Millrace millrace = Millrace.start(data, "--set", "connect.restart.attempts=2", "--set", "connect.restart.backoff.ms=50")) {
            install(data, "connect-test-plugins.jar");
            millrace.send("POST", "/connectors", """
                    {"name": "failing", "config": {"connector.class": "MockSource", "mock_mode": "task-failure", "delay_ms": "1"}}""");
            awaitGivenUp(millrace, 3);
            assertThat(millrace.get("/connectors/failing/status").at("/connector/state").asText()).isEqualTo("RUNNING");
            assertThat(millrace.get("/connectors/failing/errors").at("/tasks/0/errors/2/fate").asText()).isEqualTo("FAILED");
            millrace.send("POST", "/connectors/failing/tasks/0/restart", "");
            awaitGivenUp(millrace, 6);
            millrace.send("POST", "/connectors/failing/restart?includeTasks=true&onlyFailed=true", "");
            awaitGivenUp(millrace, 9);
        }
    }

    private static void awaitGivenUp(Millrace millrace, int errors) {
        millrace.await(errors + " failures and no further restart", LIMIT, () -> {
            JsonNode task = json(millrace, "/connectors/failing/metrics").at("/tasks/0");
            return task.path("state").asText().equals("FAILED") && task.path("restart_at_ms").isNull() && task.path("restarts").asInt() == 2
                    && task.path("errors").asInt() == errors;
        });
    }

    private static void install(Path data, String plugin) throws Exception {
        Result result = Millrace.command(LIMIT, "plugin", "install", Path.of("target", "plugins", plugin).toAbsolutePath().toString(), "--data", data.toString());
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static void send(Millrace millrace, String... values) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(millrace.bootstrap(), Map.of("acks", "all")),
                new StringSerializer(), new StringSerializer())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>("letters", 0, null, value));
            }
        }
    }

    private static void awaitDeadLetters(Millrace millrace, int different) {
        millrace.await(different + " dead letters", LIMIT, () -> {
            TreeSet<String> values = new TreeSet<>();
            deadLetters(millrace).forEach(record -> values.add(record.value()));
            return values.size() >= different;
        });
    }

    private static List<ConsumerRecord<String, String>> deadLetters(Millrace millrace) {
        return read(millrace, "dead-letters");
    }

    /** What is there now. */
    private static List<ConsumerRecord<String, String>> read(Millrace millrace, String topic) {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                ClientSettings.of(millrace.bootstrap(), Map.of("isolation.level", "read_committed", "allow.auto.create.topics", "false")),
                new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream().map(partition -> new TopicPartition(topic, partition.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
            }
        }
        return all;
    }

    private static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String get(Millrace millrace, String path) {
        return json(millrace, path).toString();
    }

    private static JsonNode json(Millrace millrace, String path) {
        try {
            return millrace.get(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
