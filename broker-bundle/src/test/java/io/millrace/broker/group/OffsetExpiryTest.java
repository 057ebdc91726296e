package io.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long committed offsets stay (KIP-211), on a clock that the test steps. */
class OffsetExpiryTest {

    private static final String GROUP = "readers";
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final TopicPartition OLD = new TopicPartition("old", 0);
    private static final long RETENTION = CoordinatorSettings.standard().offsetsRetentionMs();
    private static final int SESSION = 60_000;

    private final List<Journal.Entry> log = new ArrayList<>();
    private GroupShard shard = new GroupShard(CoordinatorSettings.standard(), () -> "id");
    private long now = 1_000_000;
    private String member;
    private int generation;

    @BeforeEach
    void load() {
        shard.loaded(now);
    }

    private void run(Consumer<Journal> command) {
        Journal journal = new Journal(now);
        command.accept(journal);
        log.addAll(journal.entries());
    }

    private void commit(TopicPartition partition) {
        run(journal -> shard.offsets().commit(GROUP, partition, new CommittedOffset(7, -1, "", now), journal));
    }

    /** Steps from one deadline of the shard to the next; members beat. */
    private void pass(long millis) {
        long until = now + millis;
        while (now < until) {
            now = Math.min(until, Math.min(now + SESSION / 2, Math.max(now + 1, shard.nextDeadline())));
            run(shard::onTime);
            if (member != null) {
                run(journal -> assertThat(shard.membership().heartbeat(new HeartbeatRequestData().setGroupId(GROUP).setMemberId(member).setGenerationId(generation), journal))
                        .isEqualTo(Errors.NONE));
            }
        }
    }

    private void join(String protocolType, byte[] metadata) {
        JoinGroupRequestData request = new JoinGroupRequestData().setGroupId(GROUP).setSessionTimeoutMs(SESSION).setRebalanceTimeoutMs(SESSION)
                .setProtocolType(protocolType).setProtocols(new JoinGroupRequestProtocolCollection(
                        List.of(new JoinGroupRequestProtocol().setName("range").setMetadata(metadata)).iterator()));
        List<CompletableFuture<JoinGroupResponseData>> joins = new ArrayList<>();
        run(journal -> joins.add(shard.membership().join(request, (short) 3, "client", "host", journal)));
        pass(CoordinatorSettings.standard().initialRebalanceDelayMs());
        JoinGroupResponseData joined = joins.getFirst().join();
        generation = joined.generationId();
        run(journal -> assertThat(shard.membership().sync(new SyncGroupRequestData().setGroupId(GROUP).setMemberId(joined.memberId()).setGenerationId(generation), journal)
                .join().errorCode()).isZero());
        member = joined.memberId();
    }

    private static byte[] subscription(String... topics) {
        ByteBuffer bytes = ConsumerProtocol.serializeSubscription(new ConsumerPartitionAssignor.Subscription(List.of(topics)));
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    private void leave() {
        String leaving = member;
        member = null;
        run(journal -> assertThat(shard.membership().leave(GROUP, new MemberIdentity().setMemberId(leaving), journal)).isEqualTo(Errors.NONE));
    }

    @Test
    void offsetsWithoutAGroupStayForTheirRetention() {
        commit(ORDERS);
        pass(RETENTION - 1);
        assertThat(shard.offsets().of(GROUP)).hasSize(1);
        pass(700_000);
        assertThat(shard.exists(GROUP)).isFalse();
    }

    @Test
    void offsetsOfTopicsThatMembersReadStayForEverAndThoseOfOthersGo() {
        join("consumer", subscription("orders", "payments"));
        commit(ORDERS);
        commit(OLD);
        pass(RETENTION - 1_000);
        assertThat(shard.offsets().of(GROUP)).hasSize(2);
        pass(RETENTION);
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(ORDERS);
    }

    @Test
    void theTimeOfAGroupBeginsWhenItsLastMemberLeaves() {
        join("consumer", subscription("orders"));
        commit(ORDERS);
        pass(2 * RETENTION);
        leave();
        pass(RETENTION - 1);
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(ORDERS);
        pass(700_000);
        assertThat(shard.exists(GROUP)).isFalse();
    }

    @Test
    void whatMembersSayInWordsOfTheirOwnMayCoverEveryTopic() {
        join("connect", new byte[] {1, 2, 3});
        commit(OLD);
        pass(2 * RETENTION);
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(OLD);
        leave();
        join("consumer", new byte[] {0});
        pass(RETENTION);
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(OLD);
    }

    @Test
    void whatAnOpenTransactionIsAboutToReplaceStays() {
        commit(ORDERS);
        commit(OLD);
        run(journal -> shard.offsets().commitInTransaction(5, (short) 0, GROUP, ORDERS, new CommittedOffset(8, -1, "", now), journal));
        pass(2 * RETENTION);
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(ORDERS);
        shard.ended(5, false);
        pass(700_000);
        assertThat(shard.exists(GROUP)).isFalse();
    }

    @Test
    void aReplayComesToTheSameOffsets() {
        join("consumer", subscription("orders"));
        commit(ORDERS);
        commit(OLD);
        pass(2 * RETENTION);
        shard = new GroupShard(CoordinatorSettings.standard(), () -> "other");
        log.forEach(entry -> shard.replay(entry.producerId(), entry.producerEpoch(), ByteBuffer.wrap(entry.key()),
                entry.value() == null ? null : ByteBuffer.wrap(entry.value())));
        assertThat(shard.offsets().of(GROUP)).containsOnlyKeys(ORDERS);
    }
}
