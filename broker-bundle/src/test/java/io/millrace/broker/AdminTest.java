package io.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.SupportedVersionRange;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own Admin, where no other test of this package has it. */
@Timeout(60)
class AdminTest {

    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path data;
    private BrokerServer broker;
    private TestClients clients;
    private Admin admin;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerServer.start(BrokerConfig.with(data, Map.of("listen", "127.0.0.1:0", "group.initial.rebalance.delay.ms", "0")));
        clients = new TestClients(broker);
        admin = clients.admin();
        clients.createTopic("orders", 1, Map.of());
    }

    @AfterEach
    void stop() {
        admin.close();
        broker.close();
    }

    @Test
    void topicsAreDescribedByTheirIds() throws Exception {
        Uuid id = admin.describeTopics(List.of("orders")).allTopicNames().get().get("orders").topicId();
        assertThat(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name()).isEqualTo("orders");
        Uuid other = Uuid.randomUuid();
        assertThatThrownBy(admin.describeTopics(TopicCollection.ofTopicIds(List.of(other))).topicIdValues().get(other)::get)
                .cause().isInstanceOf(UnknownTopicIdException.class);
    }

    @Test
    void leadersNeedNoElection() throws Exception {
        TopicPartition missing = new TopicPartition("orders", 9);
        for (ElectionType type : ElectionType.values()) {
            Map<TopicPartition, Optional<Throwable>> results = admin.electLeaders(type, Set.of(ORDERS, missing)).partitions().get();
            assertThat(results.get(ORDERS)).get().isInstanceOf(ElectionNotNeededException.class);
            assertThat(results.get(missing)).get().isInstanceOf(UnknownTopicOrPartitionException.class);
            assertThat(admin.electLeaders(type, null).partitions().get()).isEmpty();
        }
    }

    @Test
    void accessRulesAreRefusedAsByKafkaWithoutAnAuthorizer() {
        AclBinding rule = new AclBinding(new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.LITERAL),
                new AccessControlEntry("User:anna", "*", AclOperation.READ, AclPermissionType.ALLOW));
        for (KafkaFuture<?> refused : List.of(admin.createAcls(List.of(rule)).all(), admin.deleteAcls(List.of(rule.toFilter())).all(),
                admin.describeAcls(AclBindingFilter.ANY).values())) {
            assertThatThrownBy(refused::get).cause().isInstanceOf(SecurityDisabledException.class);
        }
    }

    @Test
    void thereAreNoCredentials() throws Exception {
        assertThat(admin.describeUserScramCredentials().all().get()).isEmpty();
        assertThatThrownBy(admin.describeUserScramCredentials(List.of("anna")).description("anna")::get).cause().isInstanceOf(ResourceNotFoundException.class);
        assertThatThrownBy(admin.describeUserScramCredentials(List.of("anna", "anna")).description("anna")::get)
                .cause().isInstanceOf(DuplicateResourceException.class);
    }

    @Test
    void featuresAreShownWithTheRangeThatIsSupported() throws Exception {
        FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
        SupportedVersionRange transactions = features.supportedFeatures().get("transaction.version");
        assertThat(transactions.minVersion()).isZero();
        assertThat(transactions.maxVersion()).isEqualTo((short) 2);
        assertThat(features.finalizedFeatures().get("transaction.version").maxVersionLevel()).isEqualTo((short) 2);
    }

    @Test
    void groupsSayWhatMayBeDoneToThem() throws Exception {
        admin.alterConsumerGroupOffsets("readers", Map.of(ORDERS, new OffsetAndMetadata(0))).all().get();
        assertThat(admin.describeConsumerGroups(List.of("readers"), new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                .all().get().get("readers").authorizedOperations())
                .containsExactlyInAnyOrder(AclOperation.READ, AclOperation.DELETE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS);
    }

    @Test
    void offsetsOfAnActiveGroupAreDeletedOfTopicsThatItDoesNotRead() throws Exception {
        clients.createTopic("payments", 1, Map.of());
        TopicPartition payments = new TopicPartition("payments", 0);
        TopicPartition missing = new TopicPartition("missing", 0);
        try (KafkaConsumer<String, String> consumer = clients.consumer("group.id", "readers")) {
            consumer.subscribe(List.of("orders"));
            while (consumer.assignment().isEmpty()) {
                consumer.poll(Duration.ofMillis(50));
            }
            consumer.commitSync(Map.of(ORDERS, new OffsetAndMetadata(0), payments, new OffsetAndMetadata(0)));
            DeleteConsumerGroupOffsetsResult results = admin.deleteConsumerGroupOffsets("readers", Set.of(ORDERS, payments, missing));
            assertThatThrownBy(results.partitionResult(ORDERS)::get).cause().isInstanceOf(GroupSubscribedToTopicException.class);
            assertThatThrownBy(results.partitionResult(missing)::get).cause().isInstanceOf(UnknownTopicOrPartitionException.class);
            results.partitionResult(payments).get();
            assertThat(admin.listConsumerGroupOffsets("readers").partitionsToOffsetAndMetadata().get()).containsOnlyKeys(ORDERS);
        }
        admin.deleteConsumerGroupOffsets("readers", Set.of(ORDERS)).all().get();
    }
}
