package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.postgres.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that others made for Kafka Connect, as they are published, installed into the running platform and put to work. */
class ForeignPluginsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Path PLUGINS = Path.of("target", "plugins").toAbsolutePath();
    private static final String STRINGS = "org.apache.kafka.connect.storage.StringConverter";

    @TempDir
    private Path folder;

    @Test
    void mirrorMakerCopiesRecordsConfigurationAndGroupOffsetsOfAnotherCluster() throws Exception {
        try (Millrace source = Millrace.start(folder.resolve("source/data")); Millrace target = Millrace.start(folder.resolve("target/data"))) {
            install(target, "connect-mirror");
            try (Admin admin = Admin.create(ClientSettings.of(source.bootstrap()))) {
                admin.createTopics(Set.of(new NewTopic("orders", 2, (short) 1).configs(Map.of("retention.ms", "123456789")))).all().get();
            }
            send(source, "orders", 2, 100);
            commit(source.bootstrap(), "readers", new TopicPartition("orders", 0), 30);
            for (String role : List.of("Source", "Checkpoint", "Heartbeat")) {
                put(target, "mirror-" + role.toLowerCase(), mirror(role, source, target));
            }
            assertThat(read(target, "source.orders", 200)).hasSize(200);
            send(source, "orders", 2, 1);
            assertThat(read(target, "source.orders", 202)).hasSize(202);
            assertThat(read(target, "heartbeats", 1)).isNotEmpty();
            try (Admin admin = Admin.create(ClientSettings.of(target.bootstrap()))) {
                ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "source.orders");
                assertThat(admin.describeConfigs(Set.of(topic)).all().get().get(topic).get("retention.ms").value()).isEqualTo("123456789");
                TopicPartition mirrored = new TopicPartition("source.orders", 0);
                target.await("the offset of the group", LIMIT, () -> offset(admin, "readers", mirrored) > 0);
                assertThat(offset(admin, "readers", mirrored)).isLessThanOrEqualTo(30);
            }
        }
    }

    @Test
    void mirrorMakerCopiesFromARealKafkaAndToIt() throws Exception {
        try (KafkaPeer kafka = KafkaPeer.format(folder.resolve("kafka")); Millrace millrace = Millrace.start(folder.resolve("data"))) {
            kafka.start();
            install(millrace, "connect-mirror");
            try (Admin admin = Admin.create(ClientSettings.of(kafka.bootstrap()))) {
                admin.createTopics(Set.of(new NewTopic("orders", 2, (short) 1).configs(Map.of("retention.ms", "123456789")))).all().get();
            }
            send(kafka.bootstrap(), "orders", 2, 100);
            commit(kafka.bootstrap(), "readers", new TopicPartition("orders", 0), 30);
            for (String role : List.of("Source", "Checkpoint", "Heartbeat")) {
                put(millrace, "from-kafka-" + role.toLowerCase(), mirror(role, kafka.bootstrap(), millrace.bootstrap()));
            }
            assertThat(read(millrace, "source.orders", 200)).hasSize(200);
            send(kafka.bootstrap(), "orders", 2, 1);
            assertThat(read(millrace, "source.orders", 202)).hasSize(202);
            assertThat(read(millrace, "heartbeats", 1)).isNotEmpty();
            try (Admin admin = Admin.create(ClientSettings.of(millrace.bootstrap()))) {
                millrace.await("the offset of the group", LIMIT, () -> offset(admin, "readers", new TopicPartition("source.orders", 0)) > 0);
                admin.createTopics(Set.of(new NewTopic("orders", 1, (short) 1))).all().get();
            }

            send(millrace, "orders", 1, 50);
            Map<String, String> back = mirror("Source", millrace.bootstrap(), kafka.bootstrap());
            back.put("source.cluster.alias", "millrace");
            back.put("target.cluster.alias", "kafka");
            back.put("producer.override.bootstrap.servers", kafka.bootstrap());
            put(millrace, "to-kafka", back);
            assertThat(read(millrace, kafka.bootstrap(), "millrace.orders", 50)).hasSize(50);
        }
    }

    @Test
    void aConnectorThatWritesToAnotherClusterKeepsItsOffsetsOnItsOwnNode() throws Exception {
        Path data = folder.resolve("source/data");
        try (Millrace target = Millrace.start(folder.resolve("target/data")); Millrace source = Millrace.start(data)) {
            install(source, "connect-mirror");
            try (Admin admin = Admin.create(ClientSettings.of(source.bootstrap()))) {
                admin.createTopics(Set.of(new NewTopic("orders", 1, (short) 1))).all().get();
            }
            send(source, "orders", 1, 50);
            Map<String, String> config = mirror("Source", source, target);
            config.put("producer.override.bootstrap.servers", target.bootstrap());
            put(source, "out", config);
            assertThat(read(target, "source.orders", 50)).hasSize(50);
            source.await("stored offsets", LIMIT, () -> {
                try {
                    return source.get("/connectors/out/offsets").toString().contains("\"offset\":49");
                } catch (Exception notYet) {
                    return false;
                }
            });
            int port = source.kafkaPort();
            source.kill();
            try (Millrace again = Millrace.startOn(port, data)) {
                send(again, "orders", 1, 5);
                assertThat(read(target, "source.orders", 55)).hasSize(55).endsWith("0", "1", "2", "3", "4");
                config.put("source.consumer.isolation.level", "read_committed");
                config.put("exactly.once.support", "required");
                put(again, "out", config);
                again.await("the refusal", LIMIT, () -> {
                    try {
                        return again.get("/connectors/out/status").toString().contains("cannot be in one transaction with the offsets kept here");
                    } catch (Exception notYet) {
                        return false;
                    }
                });
            }
        }
    }

    private static Map<String, String> mirror(String role, Millrace source, Millrace target) {
        return mirror(role, source.bootstrap(), target.bootstrap());
    }

    private static Map<String, String> mirror(String role, String source, String target) {
        Map<String, String> config = new TreeMap<>();
        config.put("connector.class", "org.apache.kafka.connect.mirror.Mirror" + role + "Connector");
        config.put("source.cluster.alias", "source");
        config.put("target.cluster.alias", "target");
        config.put("source.cluster.bootstrap.servers", source);
        config.put("target.cluster.bootstrap.servers", target);
        config.put("topics", "orders");
        config.put("groups", "readers");
        for (String internal : List.of("", "offset-syncs.topic.", "heartbeats.topic.", "checkpoints.topic.")) {
            config.put(internal + "replication.factor", "1");
        }
        for (String every : List.of("emit.heartbeats", "emit.checkpoints", "sync.group.offsets", "refresh.topics", "refresh.groups")) {
            config.put(every + ".interval.seconds", "1");
        }
        config.put("sync.group.offsets.enabled", "true");
        config.put("offset.lag.max", "0");
        config.put("key.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
        config.put("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter");
        return config;
    }

    @Test
    void aTransformationOfAThirdPluginChangesTheRecordsOfAnother() throws Exception {
        try (Millrace millrace = Millrace.start(folder.resolve("data"))) {
            install(millrace, "connect-file.jar");
            install(millrace, "kafka-connect-transform-common");
            Path input = Files.writeString(folder.resolve("in.txt"), "one\ntwo\n");
            put(millrace, "lines", Map.of("connector.class", "FileStreamSource", "file", input.toString(), "topic", "lower-case",
                    "key.converter", STRINGS, "value.converter", STRINGS, "transforms", "upper",
                    "transforms.upper.type", "com.github.jcustenborder.kafka.connect.transform.common.ChangeTopicCase",
                    "transforms.upper.from", "LOWER_HYPHEN", "transforms.upper.to", "UPPER_UNDERSCORE"));
            assertThat(read(millrace, "LOWER_CASE", 2)).containsExactly("one", "two");
        }
    }

    @Test
    void theDebeziumArchiveCapturesAPostgres() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder.resolve("postgres"));
                Millrace millrace = Millrace.start(folder.resolve("data"))) {
            try (Connection connection = DriverManager.getConnection(postgres.url(), "postgres", null);
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE payments (id int PRIMARY KEY, amount int)");
                statement.execute("INSERT INTO payments VALUES (1, 10)");
                install(millrace, "debezium-connector-postgres-plugin.tar.gz");
                put(millrace, "payments", captured(postgres, "shop"));
                assertThat(read(millrace, "shop.public.payments", 1)).hasSize(1);
                statement.execute("UPDATE payments SET amount = 11 WHERE id = 1");
                JsonNode update = JSON.readTree(read(millrace, "shop.public.payments", 2).getLast()).path("payload");
                assertThat(update.path("op").asText()).isEqualTo("u");
                assertThat(update.path("after").path("amount").asInt()).isEqualTo(11);

                // With a converter that the plugin brings along, found by its service file.
                Map<String, String> events = captured(postgres, "events");
                events.put("slot.name", "events");
                events.put("value.converter", "io.debezium.converters.CloudEventsConverter");
                put(millrace, "events", events);
                JsonNode event = JSON.readTree(read(millrace, "events.public.payments", 1).getFirst());
                assertThat(event.path("specversion").asText()).isEqualTo("1.0");
                assertThat(event.at("/data/payload/after/amount").asInt()).isEqualTo(11);
            }
        }
    }

    private static Map<String, String> captured(EmbeddedPostgres postgres, String prefix) {
        return new TreeMap<>(Map.of("connector.class", "io.debezium.connector.postgresql.PostgresConnector", "database.hostname", "127.0.0.1",
                "database.port", Integer.toString(postgres.port()), "database.user", "postgres", "database.password", "none", "database.dbname", "postgres",
                "topic.prefix", prefix, "plugin.name", "pgoutput", "table.include.list", "public.payments"));
    }

    @Test
    void mongosConnectorsWithoutAManifestAreFoundAndValidateTheirConfiguration() throws Exception {
        try (Millrace millrace = Millrace.start(folder.resolve("data"))) {
            install(millrace, "mongo-kafka-connect-all.jar");
            assertThat(millrace.get("/connector-plugins").findValuesAsText("class"))
                    .contains("com.mongodb.kafka.connect.MongoSinkConnector", "com.mongodb.kafka.connect.MongoSourceConnector");
            JsonNode validated = millrace.send("PUT", "/connector-plugins/MongoSinkConnector/config/validate", JSON.writeValueAsString(Map.of(
                    "connector.class", "com.mongodb.kafka.connect.MongoSinkConnector", "name", "m", "topics", "t", "connection.uri", "no uri")));
            assertThat(validated.path("error_count").asInt()).isPositive();
            List<String> wrong = new ArrayList<>();
            validated.path("configs").forEach(config -> {
                if (!config.path("value").path("errors").isEmpty()) {
                    wrong.add(config.path("value").path("name").asText());
                }
            });
            assertThat(wrong).contains("connection.uri");
        }
    }

    private static void install(Millrace millrace, String plugin) throws Exception {
        Result result = Millrace.command(LIMIT, "plugin", "install", PLUGINS.resolve(plugin).toString(), "--url", millrace.url());
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    private static void put(Millrace millrace, String name, Map<String, String> config) throws Exception {
        millrace.send("PUT", "/connectors/" + name + "/config", JSON.writeValueAsString(config));
    }

    private static void send(Millrace millrace, String topic, int partitions, int records) throws Exception {
        send(millrace.bootstrap(), topic, partitions, records);
    }

    private static void send(String bootstrap, String topic, int partitions, int records) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(bootstrap), new StringSerializer(),
                new StringSerializer())) {
            for (int i = 0; i < partitions * records; i++) {
                producer.send(new ProducerRecord<>(topic, i % partitions, null, Integer.toString(i)));
            }
        }
    }

    private static void commit(String bootstrap, String group, TopicPartition partition, long offset) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(bootstrap, Map.of("group.id", group)),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
        }
    }

    private static long offset(Admin admin, String group, TopicPartition partition) {
        try {
            OffsetAndMetadata offset = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition);
            return offset == null ? -1 : offset.offset();
        } catch (Exception absent) {
            return -1;
        }
    }

    /** The values of a topic, once there are so many. */
    private static List<String> read(Millrace millrace, String topic, int count) {
        return read(millrace, millrace.bootstrap(), topic, count);
    }

    /** @param bootstrap of the cluster that the topic is in */
    private static List<String> read(Millrace millrace, String bootstrap, String topic, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(bootstrap,
                Map.of("group.id", "reads-" + topic + "-" + count, "auto.offset.reset", "earliest", "isolation.level", "read_committed",
                        "metadata.max.age.ms", "500")), new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(Set.of(topic));
            millrace.await(count + " records in " + topic, LIMIT, () -> {
                for (ConsumerRecord<String, String> found : consumer.poll(Duration.ofMillis(100))) {
                    values.add(found.value());
                }
                return values.size() >= count;
            });
        }
        return values;
    }
}
