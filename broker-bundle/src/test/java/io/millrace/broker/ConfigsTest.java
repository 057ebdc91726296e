package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.millrace.broker.config.KafkaFacts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicDeletionDisabledException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Configuration as Kafka's own Admin sees and changes it. */
@Timeout(60)
class ConfigsTest {

    private static final ConfigResource TOPIC = new ConfigResource(Type.TOPIC, "orders");
    private static final ConfigResource NODE = new ConfigResource(Type.BROKER, "1");
    private static final ConfigResource ALL_NODES = new ConfigResource(Type.BROKER, "");
    private static final ConfigResource GROUP = new ConfigResource(Type.GROUP, "readers");

    @TempDir
    Path data;
    private final Map<String, String> properties = new HashMap<>(Map.of("listen", "127.0.0.1:0"));
    private BrokerServer broker;
    private Admin admin;

    @BeforeEach
    void start() {
        broker = BrokerServer.start(BrokerConfig.with(data, properties));
        admin = new TestClients(broker).admin();
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    private void restart() {
        stop();
        start();
    }

    private void createOrders() throws Exception {
        admin.createTopics(List.of(new NewTopic("orders", Optional.empty(), Optional.empty()))).all().get();
    }

    private void alter(ConfigResource resource, Object... operations) throws Exception {
        alter(false, resource, operations);
    }

    private void alter(boolean validateOnly, ConfigResource resource, Object... operations) throws Exception {
        List<AlterConfigOp> ops = new ArrayList<>();
        for (int i = 0; i < operations.length; i += 3) {
            ops.add(new AlterConfigOp(new ConfigEntry((String) operations[i + 1], (String) operations[i + 2]), (OpType) operations[i]));
        }
        admin.incrementalAlterConfigs(Map.of(resource, ops), new AlterConfigsOptions().validateOnly(validateOnly)).all().get();
    }

    private Config describe(ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true)).all().get().get(resource);
    }

    private String levels(ConfigResource resource, String key) throws Exception {
        return describe(resource).get(key).synonyms().stream().map(level -> level.name() + "=" + level.value() + " " + level.source()).collect(Collectors.joining(", "));
    }

    private static void assertRefused(Callable<?> what, Class<? extends Exception> why, String message) {
        assertThatThrownBy(what::call).isInstanceOf(ExecutionException.class).cause().isInstanceOf(why).hasMessageContaining(message);
    }

    private void assertRefused(ConfigResource resource, Class<? extends Exception> why, String message, Object... operations) {
        assertRefused(() -> {
            alter(resource, operations);
            return null;
        }, why, message);
    }

    @Test
    void aTopicWithoutPropertiesIsDescribedAsKafkaDescribesIt() throws Exception {
        createOrders();
        Map<String, String> kafka = KafkaFacts.read("topic-configs.txt").stream()
                .collect(Collectors.toMap(line -> line[0], line -> line[1] + " " + line[2] + " [" + line[3] + "]"));
        Map<String, String> ours = new HashMap<>();
        for (ConfigEntry entry : describe(TOPIC).entries()) {
            assertThat(entry.source()).as(entry.name()).isEqualTo(ConfigSource.DEFAULT_CONFIG);
            assertThat(entry.isReadOnly() || entry.isSensitive()).as(entry.name()).isFalse();
            assertThat(entry.documentation()).as(entry.name()).isNotBlank();
            ours.put(entry.name(), entry.value() + " " + entry.type() + " "
                    + entry.synonyms().stream().map(level -> level.name() + "=" + level.value()).toList());
        }
        assertThat(ours.remove("write.caching")).isEqualTo("false BOOLEAN [log.write.caching=false]");
        assertThat(ours).containsExactlyInAnyOrderEntriesOf(kafka);
    }

    @Test
    void everyLevelIsShownAndTheNearestWins() throws Exception {
        properties.put("log.retention.hours", "2");
        restart();
        createOrders();
        assertThat(describe(TOPIC).get("retention.ms").value()).isEqualTo("7200000");
        assertThat(levels(TOPIC, "retention.ms")).isEqualTo("log.retention.hours=2 STATIC_BROKER_CONFIG, log.retention.hours=168 DEFAULT_CONFIG");
        alter(ALL_NODES, OpType.SET, "log.retention.ms", "2000");
        alter(NODE, OpType.SET, "log.retention.ms", "1000");
        alter(TOPIC, OpType.SET, "retention.ms", "500");
        assertThat(levels(TOPIC, "retention.ms")).isEqualTo("retention.ms=500 DYNAMIC_TOPIC_CONFIG, log.retention.ms=1000 DYNAMIC_BROKER_CONFIG,"
                + " log.retention.ms=2000 DYNAMIC_DEFAULT_BROKER_CONFIG, log.retention.hours=2 STATIC_BROKER_CONFIG, log.retention.hours=168 DEFAULT_CONFIG");
        assertThat(describe(ALL_NODES).entries()).singleElement()
                .satisfies(entry -> assertThat(entry.name() + "=" + entry.value()).isEqualTo("log.retention.ms=2000"));
        assertThat(describe(NODE).get("log.retention.ms").value()).isEqualTo("1000");
        for (ConfigResource nearest : List.of(TOPIC, NODE, ALL_NODES)) {
            alter(nearest, OpType.DELETE, nearest == TOPIC ? "retention.ms" : "log.retention.ms", null);
        }
        assertThat(describe(TOPIC).get("retention.ms").value()).isEqualTo("7200000");
    }

    @Test
    void aNodesDynamicConfigurationSurvivesARestartAndIsInForceAtOnce() throws Exception {
        createOrders();
        alter(NODE, OpType.SET, "message.max.bytes", "1000");
        alter(ALL_NODES, OpType.SET, "log.cleanup.policy", "compact");
        restart();
        assertThat(describe(TOPIC).get("max.message.bytes").value()).isEqualTo("1000");
        assertThat(describe(TOPIC).get("cleanup.policy").value()).isEqualTo("compact");
        assertThat(describe(NODE).get("message.max.bytes").source()).isEqualTo(ConfigSource.DYNAMIC_BROKER_CONFIG);
    }

    @Test
    void nodesSayWhatIsReadOnlyAndWhereItComesFrom() throws Exception {
        properties.put("num.partitions", "3");
        restart();
        Config node = describe(NODE);
        assertThat(node.get("num.partitions")).satisfies(entry -> {
            assertThat(entry.value()).isEqualTo("3");
            assertThat(entry.isReadOnly()).isTrue();
            assertThat(entry.source()).isEqualTo(ConfigSource.STATIC_BROKER_CONFIG);
            assertThat(entry.type()).isEqualTo(ConfigEntry.ConfigType.INT);
        });
        assertThat(node.get("log.retention.ms").value()).isNull();
        assertThat(node.get("log.segment.bytes").isReadOnly()).isFalse();
        assertThat(node.entries()).allSatisfy(entry -> assertThat(entry.documentation()).as(entry.name()).isNotBlank());
    }

    @Test
    void whatCannotChangeOrBeAppliedIsRefusedAndNotStored() throws Exception {
        assertRefused(NODE, InvalidRequestException.class, "num.partitions is read-only, set it in millrace.properties and restart", OpType.SET, "num.partitions", "2");
        assertRefused(NODE, InvalidRequestException.class, "Unknown broker config name: mesage.max.bytes; did you mean message.max.bytes?",
                OpType.SET, "mesage.max.bytes", "2");
        assertRefused(NODE, InvalidRequestException.class, "num.io.threads is not used by this node: a thread per connection, virtual as a rule",
                OpType.SET, "num.io.threads", "2");
        assertRefused(NODE, InvalidRequestException.class, "ssl.keystore.location is not used by this node: there is no TLS yet",
                OpType.SET, "ssl.keystore.location", "/x");
        assertRefused(NODE, InvalidRequestException.class, "Invalid value 5 for configuration log.segment.bytes", OpType.SET, "log.segment.bytes", "5");
        assertRefused(NODE, InvalidRequestException.class, "Invalid value 0 for configuration max.connections", OpType.SET, "max.connections", "0");
        assertRefused(ALL_NODES, InvalidRequestException.class, "min.compaction.lag.ms (10) is more than max.compaction.lag.ms (5)",
                OpType.SET, "log.cleaner.min.compaction.lag.ms", "10", OpType.SET, "log.cleaner.max.compaction.lag.ms", "5");
        assertThat(describe(ALL_NODES).entries()).isEmpty();
        assertThat(describe(NODE).entries()).noneMatch(entry -> entry.source() == ConfigSource.DYNAMIC_BROKER_CONFIG);
        alter(true, NODE, OpType.SET, "max.connections", "7");
        assertThat(describe(NODE).get("max.connections").value()).isEqualTo("10000");
    }

    /** kafka-reassign-partitions --throttle sets them before and removes them behind. */
    @Test
    void ratesOfReplicationCanBeSetAndRemoved() throws Exception {
        alter(NODE, OpType.SET, "leader.replication.throttled.rate", "1000", OpType.SET, "follower.replication.throttled.rate", "0");
        assertThat(describe(NODE).get("leader.replication.throttled.rate").value()).isEqualTo("1000");
        alter(NODE, OpType.DELETE, "leader.replication.throttled.rate", null, OpType.DELETE, "follower.replication.throttled.rate", null);
        assertThat(describe(NODE).get("leader.replication.throttled.rate").value()).isEqualTo(Long.toString(Long.MAX_VALUE));
        assertRefused(NODE, InvalidRequestException.class, "Invalid value -1 for configuration leader.replication.throttled.rate",
                OpType.SET, "leader.replication.throttled.rate", "-1");
    }

    @Test
    void theCleanerFollowsWhatTheNodeSpendsOnIt() throws Exception {
        properties.put("log.cleaner.backoff.ms", "86400000");
        restart();
        admin.createTopics(List.of(new NewTopic("orders", 1, (short) 1).configs(Map.of("cleanup.policy", "compact", "internal.segment.bytes", "1000",
                "min.cleanable.dirty.ratio", "0")))).all().get();
        try (KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
            for (int i = 0; i < 50; i++) {
                producer.send(new ProducerRecord<>("orders", "key", "value " + i)).get();
            }
        }
        assertThat(broker.cleaner().orElseThrow().status().cleanings()).isZero();
        alter(NODE, OpType.SET, "log.cleaner.backoff.ms", "10", OpType.SET, "log.cleaner.threads", "2");
        while (broker.cleaner().orElseThrow().status().cleanings() == 0) {
            LockSupport.parkNanos(10_000_000);
        }
        assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName).contains("log-cleaner-1");
        assertRefused(NODE, InvalidRequestException.class, "log.cleaner.dedupe.buffer.size=1500000", OpType.SET, "log.cleaner.dedupe.buffer.size", "1500000");
        assertThat(describe(NODE).get("log.cleaner.dedupe.buffer.size").value()).isEqualTo("134217728");
    }

    @Test
    void listsCanBeAppendedToAndSubtractedFrom() throws Exception {
        createOrders();
        alter(TOPIC, OpType.APPEND, "cleanup.policy", "compact");
        assertThat(describe(TOPIC).get("cleanup.policy").value()).isEqualTo("delete,compact");
        alter(TOPIC, OpType.APPEND, "cleanup.policy", "compact");
        assertThat(describe(TOPIC).get("cleanup.policy").value()).isEqualTo("delete,compact");
        alter(TOPIC, OpType.SUBTRACT, "cleanup.policy", "delete");
        assertThat(describe(TOPIC).get("cleanup.policy").value()).isEqualTo("compact");
        alter(NODE, OpType.APPEND, "log.cleanup.policy", "compact");
        assertThat(describe(NODE).get("log.cleanup.policy").value()).isEqualTo("delete,compact");
        assertRefused(TOPIC, InvalidConfigurationException.class, "Can't APPEND to key retention.ms because its type is not LIST", OpType.APPEND, "retention.ms", "5");
    }

    @Test
    void wrongAlterationsOfTopicsAreRefusedAsKafkaRefusesThem() throws Exception {
        createOrders();
        assertRefused(TOPIC, InvalidConfigurationException.class, "Invalid value abc for configuration retention.ms", OpType.SET, "retention.ms", "abc");
        assertRefused(TOPIC, InvalidConfigurationException.class, "Unknown topic config name: retention", OpType.SET, "retention", "1");
        assertRefused(TOPIC, InvalidRequestException.class, "Null value not supported for : retention.ms", OpType.SET, "retention.ms", null);
        assertRefused(TOPIC, InvalidRequestException.class, "duplicate config keys", OpType.SET, "retention.ms", "1", OpType.SET, "retention.ms", "2");
        assertRefused(TOPIC, InvalidConfigurationException.class, "there is no remote storage", OpType.SET, "remote.storage.enable", "true");
        assertRefused(new ConfigResource(Type.TOPIC, "none"), UnknownTopicOrPartitionException.class, "none", OpType.SET, "retention.ms", "1");
        assertRefused(new ConfigResource(Type.TOPIC, "bad name"), InvalidTopicException.class, "bad name", OpType.SET, "retention.ms", "1");
        assertRefused(new ConfigResource(Type.TOPIC, ""), InvalidRequestException.class, "Default topic resources are not allowed", OpType.SET, "retention.ms", "1");
        alter(true, TOPIC, OpType.SET, "retention.ms", "77");
        assertThat(describe(TOPIC).get("retention.ms").value()).isEqualTo("604800000");
        alter(TOPIC, OpType.DELETE, "no.such.key", null);
    }

    @Test
    void topicsAreCreatedByKafkasRules() throws Exception {
        properties.put("num.partitions", "3");
        restart();
        CreateTopicsResult created = admin.createTopics(List.of(new NewTopic("a.b", Optional.empty(), Optional.empty()).configs(Map.of("retention.ms", "5"))));
        assertThat(created.numPartitions("a.b").get()).isEqualTo(3);
        assertThat(created.replicationFactor("a.b").get()).isEqualTo(1);
        assertThat(created.config("a.b").get().get("retention.ms").value()).isEqualTo("5");
        assertThat(created.config("a.b").get().entries()).hasSize(38);
        assertNotCreated(new NewTopic("a_b", 1, (short) 1), InvalidTopicException.class, "a.b");
        assertNotCreated(new NewTopic("bad name", 1, (short) 1), InvalidTopicException.class, "bad name");
        assertNotCreated(new NewTopic("__cluster_metadata", 1, (short) 1), InvalidRequestException.class, "prohibited");
        assertNotCreated(new NewTopic("c", 0, (short) 1), InvalidPartitionsException.class, "0");
        assertNotCreated(new NewTopic("c", -2, (short) 1), InvalidPartitionsException.class, "-2");
        assertNotCreated(new NewTopic("c", 1, (short) 0), InvalidReplicationFactorException.class, "larger than 0");
        assertNotCreated(new NewTopic("c", 1, (short) 2), InvalidReplicationFactorException.class, "1 node");
        assertNotCreated(new NewTopic("c", Map.of(0, List.of(1), 2, List.of(1))), InvalidReplicaAssignmentException.class, "without a gap");
        assertNotCreated(new NewTopic("c", Map.of(0, List.of(99))), InvalidReplicaAssignmentException.class, "no node 99");
        assertNotCreated(new NewTopic("c", Map.of(0, List.of())), InvalidReplicaAssignmentException.class, "names no node");
        assertNotCreated(new NewTopic("c", Map.of(0, List.of(1, 1))), InvalidReplicaAssignmentException.class, "more than once");
        assertNotCreated(new NewTopic("c", 1, (short) 1).configs(Map.of("segment.bytes", "100")), InvalidConfigurationException.class, "at least 1048576");
        admin.createTopics(List.of(new NewTopic("m", Map.of(0, List.of(1), 1, List.of(1)))), new CreateTopicsOptions().validateOnly(true)).all().get();
        assertThat(admin.listTopics().names().get()).containsExactly("a.b");
    }

    private void assertNotCreated(NewTopic topic, Class<? extends Exception> why, String message) {
        assertRefused(() -> admin.createTopics(List.of(topic)).all().get(), why, message);
    }

    @Test
    void partitionsAreAddedByKafkasRules() throws Exception {
        createOrders();
        assertRefused(() -> admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(1))).all().get(), InvalidPartitionsException.class, "orders");
        assertRefused(() -> admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(3, List.of(List.of(1))))).all().get(),
                InvalidReplicaAssignmentException.class, "1 assignments for 2 new partitions");
        assertRefused(() -> admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(2, List.of(List.of(9))))).all().get(),
                InvalidReplicaAssignmentException.class, "no node 9");
        admin.createPartitions(Map.of("orders", NewPartitions.increaseTo(2, List.of(List.of(1))))).all().get();
        assertThat(admin.describeTopics(List.of("orders")).allTopicNames().get().get("orders").partitions()).hasSize(2);
    }

    @Test
    void topicsStayWhereDeletionIsOff() throws Exception {
        properties.put("delete.topic.enable", "false");
        restart();
        createOrders();
        assertRefused(() -> admin.deleteTopics(List.of("orders")).all().get(), TopicDeletionDisabledException.class, "delete.topic.enable");
        assertThat(admin.listTopics().names().get()).containsExactly("orders");
    }

    @Test
    void groupsHaveAConfigurationThatIsKeptAndChecked() throws Exception {
        Map<String, String> kafka = KafkaFacts.read("group-configs.txt").stream()
                .collect(Collectors.toMap(line -> line[0], line -> line[1] + " " + line[2] + " [" + line[3] + "]"));
        assertThat(describe(GROUP).entries().stream().collect(Collectors.toMap(ConfigEntry::name, entry -> entry.value() + " " + entry.type() + " "
                + entry.synonyms().stream().map(level -> level.name() + "=" + level.value()).toList()))).containsExactlyInAnyOrderEntriesOf(kafka);
        alter(GROUP, OpType.SET, "consumer.session.timeout.ms", "50000", OpType.SET, "share.auto.offset.reset", "by_duration:PT1H");
        restart();
        assertThat(describe(GROUP).get("consumer.session.timeout.ms")).satisfies(entry -> {
            assertThat(entry.value()).isEqualTo("50000");
            assertThat(entry.source()).isEqualTo(ConfigSource.DYNAMIC_GROUP_CONFIG);
        });
        assertRefused(GROUP, InvalidConfigurationException.class, "45000 to 60000", OpType.SET, "consumer.session.timeout.ms", "70000");
        assertRefused(GROUP, InvalidConfigurationException.class, "by_duration", OpType.SET, "share.auto.offset.reset", "tomorrow");
        assertRefused(GROUP, InvalidConfigurationException.class, "Unknown group config name", OpType.SET, "colour", "1");
        assertRefused(new ConfigResource(Type.GROUP, ""), InvalidRequestException.class, "Default group resources are not allowed",
                OpType.SET, "consumer.session.timeout.ms", "50000");
    }

    @Test
    void subscriptionsToClientsMetricsAreKeptAndChecked() throws Exception {
        ConfigResource metrics = new ConfigResource(Type.CLIENT_METRICS, "latency");
        alter(metrics, OpType.SET, "interval.ms", "5000", OpType.SET, "match", "client_id=a.*,client_software_name=x", OpType.SET, "metrics", "org.apache.kafka.");
        assertThat(describe(metrics).get("match").value()).isEqualTo("client_id=a.*,client_software_name=x");
        assertThat(describe(metrics).get("interval.ms").source()).isEqualTo(ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG);
        assertRefused(metrics, InvalidRequestException.class, "100 to 3600000", OpType.SET, "interval.ms", "50");
        assertRefused(metrics, InvalidConfigurationException.class, "Illegal client matching pattern: client_id=[", OpType.SET, "match", "client_id=[");
        assertRefused(metrics, InvalidRequestException.class, "Unknown client metrics configuration", OpType.SET, "colour", "1");
        assertRefused(new ConfigResource(Type.CLIENT_METRICS, ""), InvalidRequestException.class, "Subscription name can't be empty", OpType.SET, "interval.ms", "500");
    }

    @Test
    void whatHasAConfigurationIsListed() throws Exception {
        createOrders();
        alter(GROUP, OpType.SET, "consumer.session.timeout.ms", "50000");
        alter(new ConfigResource(Type.CLIENT_METRICS, "latency"), OpType.SET, "interval.ms", "5000");
        assertThat(admin.listConfigResources().all().get()).contains(TOPIC, NODE, GROUP, new ConfigResource(Type.BROKER_LOGGER, "1"),
                new ConfigResource(Type.CLIENT_METRICS, "latency"));
        assertThat(admin.listConfigResources(Set.of(Type.GROUP), new ListConfigResourcesOptions()).all().get()).containsExactly(GROUP);
        alter(GROUP, OpType.DELETE, "consumer.session.timeout.ms", null);
        assertThat(admin.listConfigResources(Set.of(Type.GROUP), new ListConfigResourcesOptions()).all().get()).isEmpty();
    }

    @Test
    void loggersChangeTheirLevelWhileTheNodeRuns() throws Exception {
        ConfigResource loggers = new ConfigResource(Type.BROKER_LOGGER, "1");
        Logger logger = (Logger) LoggerFactory.getLogger("io.millrace.broker.ConfigsTest.probe");
        alter(loggers, OpType.SET, logger.getName(), "TRACE");
        assertThat(logger.getLevel()).isEqualTo(Level.TRACE);
        assertThat(describe(loggers).get(logger.getName()).value()).isEqualTo("TRACE");
        assertThat(describe(loggers).get("root").source()).isEqualTo(ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG);
        alter(loggers, OpType.DELETE, logger.getName(), "");
        assertThat(logger.getLevel()).isNull();
        assertRefused(loggers, InvalidConfigurationException.class, "Logger no.such does not exist!", OpType.SET, "no.such", "DEBUG");
        assertRefused(loggers, InvalidConfigurationException.class, "not a supported log level", OpType.SET, "root", "LOUD");
        assertRefused(loggers, InvalidRequestException.class, "root logger is not allowed", OpType.DELETE, "root", "");
        assertRefused(loggers, InvalidRequestException.class, "APPEND operation is not allowed", OpType.APPEND, "root", "INFO");
    }
}
