package io.millrace.broker.group;

import io.millrace.broker.coordinator.Alarms;
import io.millrace.broker.coordinator.CoordinatorSettings;
import io.millrace.broker.coordinator.Journal;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The groups of a shard that have, or had, members, and what members ask of them. Changes go to the journal. */
final class Membership {

    /** Whom an offset commit comes from. @param generation negative for a client that manages no membership */
    record Committer(String memberId, String instanceId, int generation) {
    }

    private final CoordinatorSettings settings;
    private final Supplier<String> uniqueIds;
    /** Groups may have offsets before they have members. */
    private final GroupOffsets offsets;
    private final Map<String, Group> groups = new HashMap<>();
    private final Alarms alarms = new Alarms();

    Membership(CoordinatorSettings settings, Supplier<String> uniqueIds, GroupOffsets offsets) {
        this.settings = settings;
        this.uniqueIds = uniqueIds;
        this.offsets = offsets;
    }

    /** @param stored null if the group was removed */
    void replay(String id, GroupRecords.GroupMetadata stored) {
        if (stored == null) {
            groups.remove(id);
        } else {
            groups.put(id, Group.restored(id, settings.initialRebalanceDelayMs(), stored));
        }
    }

    void loaded(long now) {
        for (Group group : groups.values()) {
            group.resume(now);
            schedule(group);
        }
    }

    long nextDeadline() {
        return alarms.next();
    }

    void onTime(Journal journal) {
        for (String due = alarms.due(journal.now()); due != null; due = alarms.due(journal.now())) {
            Group group = groups.get(due);
            if (group != null) {
                group.onTime(journal.now());
                settle(group, journal);
            }
        }
    }

    void abandon(RuntimeException failure) {
        groups.values().forEach(group -> group.abandon(failure));
    }

    /** @return null if there is none */
    Group group(String id) {
        return groups.get(id);
    }

    Collection<String> ids() {
        return groups.keySet();
    }

    void remove(String id, Journal journal) {
        if (groups.remove(id) != null) {
            journal.remove(GroupRecords.groupKey(id));
        }
    }

    /** Persists what changed and keeps the clock informed. */
    private void settle(Group group, Journal journal) {
        if (group.takeChange()) {
            journal.put(GroupRecords.groupKey(group.id()), GroupRecords.group(group));
        }
        schedule(group);
    }

    private void schedule(Group group) {
        alarms.set(group.id(), group.nextDeadline());
    }

    CompletableFuture<JoinGroupResponseData> join(JoinGroupRequestData request, short version, String clientId, String clientHost, Journal journal) {
        CompletableFuture<JoinGroupResponseData> answer = new CompletableFuture<>();
        Errors refused = join(request, version, clientId, clientHost, answer, journal);
        if (refused != Errors.NONE) {
            answer.complete(Group.joinRefused(refused, request.memberId()));
        }
        return answer;
    }

    private Errors join(JoinGroupRequestData request, short version, String clientId, String clientHost, CompletableFuture<JoinGroupResponseData> answer,
            Journal journal) {
        long now = journal.now();
        if (request.groupId().isEmpty()) {
            return Errors.INVALID_GROUP_ID;
        }
        if (request.sessionTimeoutMs() < settings.minSessionTimeoutMs() || request.sessionTimeoutMs() > settings.maxSessionTimeoutMs()) {
            return Errors.INVALID_SESSION_TIMEOUT;
        }
        Map<String, byte[]> protocols = new LinkedHashMap<>();
        request.protocols().forEach(protocol -> protocols.put(protocol.name(), protocol.metadata()));
        if (request.protocolType().isEmpty() || protocols.isEmpty()) {
            return Errors.INCONSISTENT_GROUP_PROTOCOL;
        }
        String memberId = request.memberId();
        String instanceId = request.groupInstanceId();
        Group group = groups.get(request.groupId());
        if (group == null) {
            if (!memberId.isEmpty()) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
            group = new Group(request.groupId(), settings.initialRebalanceDelayMs(), now);
            groups.put(group.id(), group);
        }
        if (!group.accepts(request.protocolType(), protocols.keySet())) {
            return Errors.INCONSISTENT_GROUP_PROTOCOL;
        }
        int rebalanceTimeout = request.rebalanceTimeoutMs() < 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
        Errors result = Errors.NONE;
        if (memberId.isEmpty()) {
            String newId = (instanceId == null ? clientId : instanceId) + "-" + uniqueIds.get();
            Member.Identity identity = new Member.Identity(newId, instanceId, clientId, clientHost, request.sessionTimeoutMs(), rebalanceTimeout);
            String known = instanceId == null ? null : group.memberOfInstance(instanceId);
            if (known != null) {
                group.replace(group.member(known), identity, protocols, version >= 9, answer, now);
            } else if (instanceId == null && version >= 4) {
                group.reserve(newId, request.sessionTimeoutMs(), now);
                answer.complete(Group.joinRefused(Errors.MEMBER_ID_REQUIRED, newId));
            } else {
                group.join(identity, request.protocolType(), protocols, answer, now);
            }
        } else {
            Member.Identity identity = new Member.Identity(memberId, instanceId, clientId, clientHost, request.sessionTimeoutMs(), rebalanceTimeout);
            if (instanceId == null && group.isPending(memberId)) {
                group.join(identity, request.protocolType(), protocols, answer, now);
            } else {
                result = check(group, memberId, instanceId);
                if (result == Errors.NONE) {
                    group.rejoin(group.member(memberId), identity, protocols, answer, now);
                }
            }
        }
        settle(group, journal);
        return result;
    }

    private static Errors check(Group group, String memberId, String instanceId) {
        if (instanceId != null) {
            String current = group.memberOfInstance(instanceId);
            if (current == null) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
            return current.equals(memberId) ? Errors.NONE : Errors.FENCED_INSTANCE_ID;
        }
        return group.member(memberId) == null ? Errors.UNKNOWN_MEMBER_ID : Errors.NONE;
    }

    /** The client that waits for this answer is gone. */
    void abandonJoin(String groupId, CompletableFuture<JoinGroupResponseData> answer, Journal journal) {
        Group group = groups.get(groupId);
        if (group != null) {
            for (Member member : List.copyOf(group.members())) {
                group.abandonJoin(member.id(), answer, journal.now());
            }
            settle(group, journal);
        }
    }

    CompletableFuture<SyncGroupResponseData> sync(SyncGroupRequestData request, Journal journal) {
        CompletableFuture<SyncGroupResponseData> answer = new CompletableFuture<>();
        Group group = groups.get(request.groupId());
        Errors error = request.groupId().isEmpty() ? Errors.INVALID_GROUP_ID
                : group == null ? Errors.UNKNOWN_MEMBER_ID : check(group, request.memberId(), request.groupInstanceId());
        if (error == Errors.NONE && request.generationId() != group.generation().number()) {
            error = Errors.ILLEGAL_GENERATION;
        }
        if (error == Errors.NONE && (request.protocolType() != null && !request.protocolType().equals(group.generation().protocolType())
                || request.protocolName() != null && !request.protocolName().equals(group.generation().protocol()))) {
            error = Errors.INCONSISTENT_GROUP_PROTOCOL;
        }
        if (error != Errors.NONE) {
            answer.complete(new SyncGroupResponseData().setErrorCode(error.code()));
            return answer;
        }
        group.sync(group.member(request.memberId()), request.assignments(), answer, journal.now());
        settle(group, journal);
        return answer;
    }

    Errors heartbeat(HeartbeatRequestData request, Journal journal) {
        Group group = groups.get(request.groupId());
        if (group == null) {
            return request.groupId().isEmpty() ? Errors.INVALID_GROUP_ID : Errors.UNKNOWN_MEMBER_ID;
        }
        Errors error = check(group, request.memberId(), request.groupInstanceId());
        if (error != Errors.NONE) {
            return error;
        }
        if (request.generationId() != group.generation().number()) {
            return Errors.ILLEGAL_GENERATION;
        }
        group.member(request.memberId()).heard(journal.now());
        settle(group, journal);
        return group.state() == GroupState.PREPARING ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
    }

    Errors leave(String groupId, MemberIdentity leaving, Journal journal) {
        Group group = groups.get(groupId);
        if (group == null) {
            return Errors.UNKNOWN_MEMBER_ID;
        }
        String memberId = leaving.memberId();
        if (leaving.groupInstanceId() != null && memberId.isEmpty()) {
            memberId = group.memberOfInstance(leaving.groupInstanceId());
        } else if (leaving.groupInstanceId() == null && group.isPending(memberId)) {
            group.forgetPending(memberId, journal.now());
            settle(group, journal);
            return Errors.NONE;
        }
        Errors error = memberId == null ? Errors.UNKNOWN_MEMBER_ID : check(group, memberId, leaving.groupInstanceId());
        if (error == Errors.NONE) {
            group.remove(group.member(memberId), "left", journal.now());
            settle(group, journal);
        }
        return error;
    }

    /** Whether the committer may commit for the group now. @param transactional commits of transactions may come from outside the group */
    Errors admit(String groupId, Committer committer, boolean transactional, Journal journal) {
        Group group = groups.get(groupId);
        boolean anonymous = committer.generation < 0 && committer.memberId.isEmpty() && committer.instanceId == null;
        if (group == null || group.state() == GroupState.EMPTY) {
            return committer.generation < 0 ? Errors.NONE : group != null || offsets.exist(groupId) ? Errors.UNKNOWN_MEMBER_ID : Errors.ILLEGAL_GENERATION;
        }
        if (anonymous) {
            return transactional ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
        }
        Errors error = check(group, committer.memberId, committer.instanceId);
        if (error != Errors.NONE) {
            return error;
        }
        if (committer.generation != group.generation().number()) {
            return Errors.ILLEGAL_GENERATION;
        }
        if (!transactional && group.state() == GroupState.COMPLETING) {
            return Errors.REBALANCE_IN_PROGRESS;
        }
        group.member(committer.memberId).heard(journal.now());
        return Errors.NONE;
    }
}
