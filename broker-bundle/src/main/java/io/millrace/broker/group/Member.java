package io.millrace.broker.group;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** One member of a group. Mutable; its group is its only user. */
final class Member {

    /** Who the member is and how long it may be silent. @param instanceId null unless static (KIP-345) */
    record Identity(String id, String instanceId, String clientId, String clientHost, int sessionTimeoutMs, int rebalanceTimeoutMs) {
    }

    private Identity identity;
    /** Metadata by protocol, in the member's order of preference. */
    private Map<String, byte[]> protocols;
    private byte[] assignment = new byte[0];
    private long sessionDeadline;
    private CompletableFuture<JoinGroupResponseData> joining;
    private CompletableFuture<SyncGroupResponseData> syncing;
    /** Sent its SyncGroup of this generation. */
    private boolean synced;

    Member(Identity identity, Map<String, byte[]> protocols) {
        this.identity = identity;
        this.protocols = new LinkedHashMap<>(protocols);
    }

    Identity identity() {
        return identity;
    }

    String id() {
        return identity.id();
    }

    boolean isStatic() {
        return identity.instanceId() != null;
    }

    void update(Identity newIdentity, Map<String, byte[]> newProtocols) {
        identity = newIdentity;
        protocols = new LinkedHashMap<>(newProtocols);
    }

    boolean speaks(String protocol) {
        return protocols.containsKey(protocol);
    }

    byte[] metadata(String protocol) {
        return protocols.getOrDefault(protocol, new byte[0]);
    }

    boolean matches(Map<String, byte[]> others) {
        return List.copyOf(protocols.keySet()).equals(List.copyOf(others.keySet()))
                && protocols.entrySet().stream().allMatch(mine -> Arrays.equals(mine.getValue(), others.get(mine.getKey())));
    }

    /** The member's choice among the candidates. */
    String vote(Iterable<String> candidates) {
        for (String protocol : protocols.keySet()) {
            for (String candidate : candidates) {
                if (candidate.equals(protocol)) {
                    return protocol;
                }
            }
        }
        throw new IllegalStateException("member " + id() + " speaks none of " + candidates);
    }

    Iterable<String> protocols() {
        return protocols.keySet();
    }

    byte[] assignment() {
        return assignment;
    }

    void assign(byte[] newAssignment) {
        assignment = newAssignment;
    }

    /** Silent no longer. */
    void heard(long now) {
        sessionDeadline = now + identity.sessionTimeoutMs();
    }

    /** A member whose request waits here needs no heartbeat. */
    long sessionDeadline() {
        return joining != null || syncing != null ? Long.MAX_VALUE : sessionDeadline;
    }

    boolean isJoining() {
        return joining != null;
    }

    boolean isWaitingForJoin(CompletableFuture<JoinGroupResponseData> answer) {
        return joining == answer;
    }

    void join(CompletableFuture<JoinGroupResponseData> answer) {
        CompletableFuture<JoinGroupResponseData> earlier = joining;
        joining = answer;
        if (earlier != null && earlier != answer) {
            earlier.complete(Group.joinRefused(Errors.REBALANCE_IN_PROGRESS, id()));
        }
    }

    void joined(JoinGroupResponseData response, long now) {
        CompletableFuture<JoinGroupResponseData> answer = joining;
        joining = null;
        heard(now);
        if (answer != null) {
            answer.complete(response);
        }
    }

    /** Whatever the member waits for is refused. */
    void refuse(Errors error, long now) {
        joined(Group.joinRefused(error, id()), now);
        synced(new SyncGroupResponseData().setErrorCode(error.code()), now);
    }

    boolean isSynced() {
        return synced;
    }

    void expectSync(boolean expected) {
        synced = !expected;
    }

    void sync(CompletableFuture<SyncGroupResponseData> answer) {
        CompletableFuture<SyncGroupResponseData> earlier = syncing;
        synced = true;
        syncing = answer;
        if (earlier != null) {
            earlier.complete(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()));
        }
    }

    void synced(SyncGroupResponseData response, long now) {
        CompletableFuture<SyncGroupResponseData> answer = syncing;
        syncing = null;
        if (answer != null) {
            heard(now);
            answer.complete(response);
        }
    }
}
