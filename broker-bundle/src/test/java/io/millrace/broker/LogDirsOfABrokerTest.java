package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients and tools see of several log folders. */
@Timeout(60)
class LogDirsOfABrokerTest {

    private static final String TOPIC = "orders";

    @TempDir
    private Path folder;

    private Path dir(String name) {
        return folder.resolve(name);
    }

    private BrokerServer start() {
        return BrokerServer.start(BrokerConfig.with(folder.resolve("data"), Map.of("listen", "127.0.0.1:0", "log.dirs", dir("one") + "," + dir("two"))));
    }

    private static Map<String, LogDirDescription> describe(Admin admin) throws Exception {
        return admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
    }

    private static List<Integer> partitions(LogDirDescription dir) {
        return dir.replicaInfos().entrySet().stream().filter(replica -> replica.getKey().topic().equals(TOPIC) && !replica.getValue().isFuture())
                .map(replica -> replica.getKey().partition()).sorted().toList();
    }

    private static List<String> values(TestClients clients, int partition, int count) {
        return clients.read(new TopicPartition(TOPIC, partition), 0, count).stream().map(ConsumerRecord::value).toList();
    }

    @Test
    void clientsDescribeTheFoldersAndMoveAPartitionBetweenThemWhileItIsUsed() throws Exception {
        List<String> sent = new ArrayList<>();
        try (BrokerServer broker = start(); Admin admin = new TestClients(broker).admin()) {
            TestClients clients = new TestClients(broker);
            clients.createTopic(TOPIC, 4, Map.of("file.delete.delay.ms", "0"));
            try (KafkaProducer<String, String> producer = clients.producer("linger.ms", "0")) {
                Map<String, LogDirDescription> dirs = describe(admin);
                assertThat(dirs).containsOnlyKeys(dir("one").toString(), dir("two").toString());
                assertThat(dirs.values()).allSatisfy(dir -> {
                    assertThat(dir.error()).isNull();
                    assertThat(dir.totalBytes()).isPresent();
                    assertThat(dir.usableBytes()).isPresent();
                    assertThat(partitions(dir)).hasSize(2);
                });
                String from = partitions(dirs.get(dir("one").toString())).contains(0) ? "one" : "two";
                Path to = dir(from.equals("one") ? "two" : "one");
                TopicPartitionReplica replica = new TopicPartitionReplica(TOPIC, 0, 1);
                assertThatThrownBy(() -> admin.alterReplicaLogDirs(Map.of(replica, folder.resolve("none").toString())).all().get())
                        .isInstanceOf(ExecutionException.class).hasCauseInstanceOf(LogDirNotFoundException.class);
                for (int i = 0; i < 300; i++) {
                    producer.send(new ProducerRecord<>(TOPIC, 0, null, "value " + i)).get();
                    sent.add("value " + i);
                    if (i == 100) {
                        admin.alterPartitionReassignments(Map.of(new TopicPartition(TOPIC, 0), Optional.of(new NewPartitionReassignment(List.of(1))))).all().get();
                        admin.alterReplicaLogDirs(Map.of(replica, to.toString())).all().get();
                    }
                }
                assertThatThrownBy(() -> admin.alterPartitionReassignments(Map.of(new TopicPartition(TOPIC, 0),
                        Optional.of(new NewPartitionReassignment(List.of(2))))).all().get()).hasCauseInstanceOf(InvalidReplicaAssignmentException.class);
                assertThat(admin.listPartitionReassignments().reassignments().get()).isEmpty();
                long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
                while (!partitions(describe(admin).get(to.toString())).contains(0)) {
                    assertThat(System.nanoTime()).as("waited for the move").isLessThan(end);
                }
                ReplicaInfo moved = describe(admin).get(to.toString()).replicaInfos().get(new TopicPartition(TOPIC, 0));
                assertThat(moved.size()).isPositive();
                assertThat(moved.offsetLag()).isZero();
                assertThat(partitions(describe(admin).get(dir(from).toString()))).hasSize(1);
                producer.send(new ProducerRecord<>(TOPIC, 0, null, "after")).get();
                sent.add("after");
                assertThat(values(clients, 0, sent.size())).isEqualTo(sent);
            }
        }
        try (BrokerServer broker = start()) {
            assertThat(values(new TestClients(broker), 0, sent.size())).isEqualTo(sent);
        }
    }

    @Test
    void aMoveUnderWayGoesAsFastAsTheNodeIsAllowedNow() throws Exception {
        ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
        String rate = "replica.alter.log.dirs.io.max.bytes.per.second";
        try (BrokerServer broker = start(); Admin admin = new TestClients(broker).admin()) {
            TestClients clients = new TestClients(broker);
            clients.createTopic(TOPIC, 1, Map.of());
            try (KafkaProducer<String, String> producer = clients.producer()) {
                producer.send(new ProducerRecord<>(TOPIC, 0, null, "x".repeat(100_000))).get();
            }
            Path to = partitions(describe(admin).get(dir("one").toString())).contains(0) ? dir("two") : dir("one");
            // A hundred seconds' worth.
            admin.incrementalAlterConfigs(Map.of(node, List.of(new AlterConfigOp(new ConfigEntry(rate, "1000"), OpType.SET)))).all().get();
            admin.alterReplicaLogDirs(Map.of(new TopicPartitionReplica(TOPIC, 0, 1), to.toString())).all().get();
            ReplicaInfo moving = null;
            while (moving == null || moving.size() == 0) {
                moving = describe(admin).get(to.toString()).replicaInfos().get(new TopicPartition(TOPIC, 0));
            }
            assertThat(moving.isFuture()).isTrue();
            admin.incrementalAlterConfigs(Map.of(node, List.of(new AlterConfigOp(new ConfigEntry(rate, null), OpType.DELETE)))).all().get();
            long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (moving == null || moving.isFuture()) {
                assertThat(System.nanoTime()).as("waited for the move").isLessThan(end);
                moving = describe(admin).get(to.toString()).replicaInfos().get(new TopicPartition(TOPIC, 0));
            }
        }
    }

    @Test
    void aFolderGetsNoNewPartitionsFromWhenItIsCordonedUntilItIsNot() throws Exception {
        ConfigResource node = new ConfigResource(ConfigResource.Type.BROKER, "1");
        try (BrokerServer broker = start(); Admin admin = new TestClients(broker).admin()) {
            TestClients clients = new TestClients(broker);
            assertThatThrownBy(() -> admin.incrementalAlterConfigs(Map.of(node, List.of(cordoned(dir("none").toString())))).all().get())
                    .hasCauseInstanceOf(InvalidRequestException.class).hasMessageContaining(dir("none") + " is none of the log folders");
            assertThatThrownBy(() -> admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.BROKER, ""),
                    List.of(cordoned(dir("one").toString())))).all().get()).hasCauseInstanceOf(InvalidRequestException.class);
            admin.incrementalAlterConfigs(Map.of(node, List.of(cordoned(dir("one").toString())))).all().get();
            assertThat(describe(admin).get(dir("one").toString()).isCordoned()).isTrue();
            clients.createTopic(TOPIC, 4, Map.of());
            assertThat(partitions(describe(admin).get(dir("one").toString()))).isEmpty();
            assertThat(partitions(describe(admin).get(dir("two").toString()))).hasSize(4);
        }
        try (BrokerServer broker = start(); Admin admin = new TestClients(broker).admin()) {
            assertThat(describe(admin).get(dir("one").toString()).isCordoned()).isTrue();
            admin.incrementalAlterConfigs(Map.of(node, List.of(new AlterConfigOp(new ConfigEntry("cordoned.log.dirs", null), OpType.DELETE)))).all().get();
            assertThat(describe(admin).get(dir("one").toString()).isCordoned()).isFalse();
            admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(6))).all().get();
            assertThat(partitions(describe(admin).get(dir("one").toString()))).containsExactly(4, 5);
            admin.incrementalAlterConfigs(Map.of(node, List.of(cordoned(dir("two").toString())))).all().get();
        }
        // A folder that is cordoned and is none of the log folders any more does not keep the node from starting.
        try (BrokerServer broker = BrokerServer.start(BrokerConfig.with(folder.resolve("data"), Map.of("listen", "127.0.0.1:0", "log.dirs", dir("one").toString())))) {
            assertThat(broker.health().findings()).singleElement().satisfies(finding -> assertThat(finding.name()).isEqualTo(dir("two").toString()));
        }
    }

    private static AlterConfigOp cordoned(String folders) {
        return new AlterConfigOp(new ConfigEntry("cordoned.log.dirs", folders), OpType.SET);
    }

    @Test
    void aBrokerStartsWithoutADiskServesTheOthersAndHasEverythingAgainWhenItIsBack() throws Exception {
        try (BrokerServer broker = start(); KafkaProducer<String, String> producer = new TestClients(broker).producer("linger.ms", "0")) {
            new TestClients(broker).createTopic(TOPIC, 4, Map.of());
            for (int index = 0; index < 4; index++) {
                producer.send(new ProducerRecord<>(TOPIC, index, null, "of " + index)).get();
            }
        }
        Files.move(dir("two"), dir("unmounted"));
        try (BrokerServer broker = start(); Admin admin = new TestClients(broker).admin()) {
            assertThat(broker.health().findings()).singleElement().satisfies(finding -> {
                assertThat(finding.kind() + " " + finding.name() + " " + finding.state()).isEqualTo("log folder " + dir("two") + " FAILED");
                assertThat(finding.detail()).contains("mount its disk");
            });
            LogDirDescription gone = describe(admin).get(dir("two").toString());
            assertThat(gone.error()).isInstanceOf(KafkaStorageException.class);
            assertThat(gone.replicaInfos()).isEmpty();
            List<TopicPartitionInfo> infos = admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).partitions();
            List<Integer> served = infos.stream().filter(info -> info.leader() != null).map(TopicPartitionInfo::partition).toList();
            assertThat(served).hasSize(2).isEqualTo(partitions(describe(admin).get(dir("one").toString())));
            TestClients clients = new TestClients(broker);
            for (int index : served) {
                assertThat(values(clients, index, 1)).containsExactly("of " + index);
            }
            clients.createTopic("new", 3, Map.of());
            try (KafkaProducer<String, String> producer = clients.producer()) {
                producer.send(new ProducerRecord<>("new", 2, null, "goes on")).get();
            }
        }
        // What was made in the place of the disk.
        Files.delete(dir("two").resolve(".lock"));
        Files.delete(dir("two"));
        Files.move(dir("unmounted"), dir("two"));
        try (BrokerServer broker = start()) {
            for (int index = 0; index < 4; index++) {
                assertThat(values(new TestClients(broker), index, 1)).containsExactly("of " + index);
            }
        }
    }
}
