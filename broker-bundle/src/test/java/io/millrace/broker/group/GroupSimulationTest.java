package io.millrace.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Random clients join, stall, leave and die around one group, with a clock that is stepped by hand. */
class GroupSimulationTest {

    private static final int SESSION_MS = 10_000;
    private static final int REBALANCE_MS = 5_000;
    private static final String GROUP = "g";

    private final List<Journal.Entry> log = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final SingleGeneration singleGeneration = new SingleGeneration();
    private Random random;
    private GroupShard shard;
    private long now = 1_000_000;
    private int ids;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233})
    void noHistoryBreaksAnInvariantAndQuietMembersEndUpStable(long seed) {
        LoggerFactory.getLogger(GroupSimulationTest.class).info("seed {}", seed);
        random = new Random(seed);
        shard = empty();
        shard.loaded(now);
        for (int step = 0; step < 3_000; step++) {
            String at = "seed " + seed + " step " + step;
            act();
            elapse(random.nextInt(10) == 0 ? random.nextInt(6_000) : random.nextInt(200));
            check(at);
            if (random.nextInt(400) == 0) {
                restart();
            }
        }
        clients.removeIf(client -> client.dead);
        for (int step = 0; step < 400; step++) {
            clients.forEach(client -> client.step(true));
            elapse(100);
        }
        check("seed " + seed + " at rest");
        if (!clients.isEmpty()) {
            assertThat(shard.group(GROUP).state()).as("seed " + seed).isEqualTo(GroupState.STABLE);
            assertThat(shard.group(GROUP).members()).as("seed " + seed).hasSize(clients.size());
        }
    }

    private GroupShard empty() {
        CoordinatorSettings usual = CoordinatorSettings.standard();
        return new GroupShard(new CoordinatorSettings(1, 1, 500, 1, 60_000, usual.offsetsRetentionMs(), 4_096, 60_000, usual.transactionalIdRetentionMs(), usual.expiredIdCheckMs(), true),
                () -> "id" + ids++);
    }

    private void act() {
        int dice = random.nextInt(100);
        if (dice < 3 && clients.size() < 6) {
            clients.add(new Client(random.nextInt(4) == 0 ? "static" + clients.size() + "-" + ids++ : null));
        } else if (!clients.isEmpty()) {
            Client client = clients.get(random.nextInt(clients.size()));
            if (dice < 5) {
                client.dead = true;
            } else if (dice < 7) {
                client.leave();
                clients.remove(client);
            } else {
                client.step(false);
            }
        }
        clients.removeIf(client -> client.dead && random.nextInt(50) == 0);
    }

    private void elapse(long ms) {
        now += ms;
        run(shard::onTime);
    }

    private void run(java.util.function.Consumer<Journal> command) {
        Journal journal = new Journal(now);
        command.accept(journal);
        log.addAll(journal.entries());
    }

    private void restart() {
        shard.abandon(Errors.NOT_COORDINATOR.exception());
        shard = empty();
        for (Journal.Entry entry : log) {
            shard.replay(entry.producerId(), entry.producerEpoch(), ByteBuffer.wrap(entry.key()), entry.value() == null ? null : ByteBuffer.wrap(entry.value()));
        }
        shard.loaded(now);
        singleGeneration.forget();
    }

    private void check(String at) {
        Group group = shard.group(GROUP);
        if (group != null) {
            singleGeneration.check(group, at);
            StableMembersAreAssigned.check(group, at);
            NobodyOutlivesItsSession.check(group, now, at);
        }
    }

    /** Generations only grow, and all who were told one agree with it on its leader. */
    private static final class SingleGeneration {
        private int seen;

        void forget() {
            // What was not persisted before a restart was never acted upon: the members of it are sent back.
            seen = 0;
        }

        void check(Group group, String at) {
            assertThat(group.generation().number()).as(at).isGreaterThanOrEqualTo(seen);
            seen = group.generation().number();
            if (group.state() == GroupState.STABLE || group.state() == GroupState.COMPLETING) {
                assertThat(group.member(group.generation().leader())).as(at + ": leader " + group.generation().leader()).isNotNull();
            }
        }
    }

    /** In a stable group every member has an assignment, made for its generation. */
    private static final class StableMembersAreAssigned {
        static void check(Group group, String at) {
            if (group.state() == GroupState.STABLE) {
                for (Member member : group.members()) {
                    assertThat(member.assignment()).as(at + ": " + member.id()).hasSize(4);
                    assertThat(ByteBuffer.wrap(member.assignment()).getInt()).as(at + ": " + member.id()).isEqualTo(group.generation().number());
                }
            }
        }
    }

    /** Who was silent for a session is out, and whose request waits is not. */
    private static final class NobodyOutlivesItsSession {
        static void check(Group group, long now, String at) {
            group.members().forEach(member -> assertThat(member.sessionDeadline()).as(at + ": " + member.id()).isGreaterThan(now));
            assertThat(group.nextDeadline()).as(at).isGreaterThan(now);
        }
    }

    /** A client as it should be, as long as it is asked to step. */
    private final class Client {
        private final String instanceId;
        private String id = "";
        private int generation = -1;
        private boolean dead;
        private CompletableFuture<JoinGroupResponseData> joining;
        private CompletableFuture<SyncGroupResponseData> syncing;

        Client(String instanceId) {
            this.instanceId = instanceId;
        }

        void step(boolean lively) {
            if (dead) {
                return;
            }
            if (joining != null) {
                if (joining.isDone()) {
                    joined(joining.join());
                }
            } else if (syncing != null) {
                if (syncing.isDone()) {
                    Errors error = Errors.forCode(syncing.join().errorCode());
                    syncing = null;
                    react(error);
                }
            } else if (generation < 0 || !lively && random.nextInt(200) == 0) {
                join();
            } else {
                run(journal -> react(shard.membership().heartbeat(new HeartbeatRequestData().setGroupId(GROUP).setMemberId(id).setGroupInstanceId(instanceId)
                        .setGenerationId(generation), journal)));
            }
        }

        private void join() {
            JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
            protocols.add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[] {(byte) random.nextInt(2)}));
            run(journal -> joining = shard.membership().join(new JoinGroupRequestData().setGroupId(GROUP).setMemberId(id).setGroupInstanceId(instanceId)
                    .setProtocolType("consumer").setSessionTimeoutMs(SESSION_MS).setRebalanceTimeoutMs(REBALANCE_MS).setProtocols(protocols), (short) 9, "c", "/h",
                    journal));
        }

        private void joined(JoinGroupResponseData response) {
            joining = null;
            Errors error = Errors.forCode(response.errorCode());
            if (error == Errors.MEMBER_ID_REQUIRED) {
                id = response.memberId();
                return;
            }
            if (error != Errors.NONE) {
                react(error);
                return;
            }
            id = response.memberId();
            generation = response.generationId();
            List<SyncGroupRequestAssignment> assignments = new ArrayList<>();
            if (response.leader().equals(id) && !response.skipAssignment()) {
                response.members().forEach(member -> assignments.add(new SyncGroupRequestAssignment().setMemberId(member.memberId())
                        .setAssignment(ByteBuffer.allocate(4).putInt(generation).array())));
            }
            run(journal -> syncing = shard.membership().sync(new SyncGroupRequestData().setGroupId(GROUP).setMemberId(id).setGroupInstanceId(instanceId)
                    .setGenerationId(generation).setAssignments(assignments), journal));
        }

        private void react(Errors error) {
            switch (error) {
                case NONE -> {
                }
                case REBALANCE_IN_PROGRESS, NOT_COORDINATOR -> generation = -1;
                case ILLEGAL_GENERATION -> generation = -1;
                case UNKNOWN_MEMBER_ID -> {
                    generation = -1;
                    id = "";
                }
                case FENCED_INSTANCE_ID -> dead = true;
                default -> throw new AssertionError("member " + id + " got " + error);
            }
        }

        void leave() {
            run(journal -> shard.membership().leave(GROUP, new MemberIdentity().setMemberId(id).setGroupInstanceId(instanceId), journal));
        }
    }
}
