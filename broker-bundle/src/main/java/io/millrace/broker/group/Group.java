package io.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group of the classic protocol; {@link GroupState} has its ways.
 *
 * <p>Deterministic. {@link #takeChange} tells whether there is something to persist.
 */
final class Group {

    private static final Logger LOG = LoggerFactory.getLogger(Group.class);

    private final String id;
    private final int initialDelayMs;
    private final Members members = new Members();
    private GroupState state = GroupState.EMPTY;
    private long since;
    private int generation;
    private String protocolType;
    private String protocol;
    private String leader;
    private long deadline = Long.MAX_VALUE;
    /** End of the initial delay: until then completeness is not enough. */
    private long delayedUntil;
    private long delayLimit;
    private boolean changed;

    Group(String id, int initialDelayMs, long now) {
        this.id = id;
        this.initialDelayMs = initialDelayMs;
        this.since = now;
    }

    /** A group as its record tells; every member has a session's time to show up. */
    static Group restored(String id, int initialDelayMs, GroupRecords.GroupMetadata stored) {
        Group group = new Group(id, initialDelayMs, stored.since());
        group.generation = stored.generation();
        group.protocolType = stored.protocolType().isEmpty() ? null : stored.protocolType();
        group.protocol = stored.protocol();
        group.leader = stored.leader();
        for (GroupRecords.StoredMember one : stored.members()) {
            Member member = new Member(one.identity(), stored.protocol() == null ? Map.of() : Map.of(stored.protocol(), one.subscription()));
            member.assign(one.assignment());
            group.add(member);
        }
        group.state = group.members.isEmpty() ? GroupState.EMPTY : GroupState.STABLE;
        return group;
    }

    void resume(long now) {
        members.all().forEach(member -> member.heard(now));
    }

    String id() {
        return id;
    }

    GroupState state() {
        return state;
    }

    long since() {
        return since;
    }

    int generation() {
        return generation;
    }

    String protocolType() {
        return protocolType;
    }

    String protocol() {
        return protocol;
    }

    String leader() {
        return leader;
    }

    Collection<Member> members() {
        return members.all();
    }

    Member member(String memberId) {
        return members.get(memberId);
    }

    String memberOfInstance(String instanceId) {
        return members.ofInstance(instanceId);
    }

    /** What the members read, if they are consumers and have agreed how to say it. */
    Subscription subscription() {
        if (members.isEmpty()) {
            return Subscription.NONE;
        }
        return Subscription.of(members.all(), isOfConsumers() ? protocol : null);
    }

    boolean isOfConsumers() {
        return ConsumerProtocol.PROTOCOL_TYPE.equals(protocolType);
    }

    boolean isPending(String memberId) {
        return members.isReserved(memberId);
    }

    boolean isUnused() {
        return state == GroupState.EMPTY && !members.hasReserved();
    }

    /** Whether there is something new to persist; asking takes it. */
    boolean takeChange() {
        boolean was = changed;
        changed = false;
        return was;
    }

    static JoinGroupResponseData joinRefused(Errors error, String memberId) {
        return new JoinGroupResponseData().setErrorCode(error.code()).setMemberId(memberId).setProtocolName(null);
    }

    void reserve(String memberId, int sessionTimeoutMs, long now) {
        members.reserve(memberId, now + sessionTimeoutMs);
    }

    /** Whether a member of this type and these protocols could be in. */
    boolean accepts(String type, Set<String> protocols) {
        return members.isEmpty() || type.equals(protocolType) && members.speakOneOf(protocols);
    }

    private void add(Member member) {
        members.add(member);
        if (leader == null) {
            leader = member.id();
        }
    }

    void join(Member.Identity identity, String type, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        members.release(identity.id());
        Member member = new Member(identity, protocols);
        member.heard(now);
        member.join(answer);
        if (members.isEmpty()) {
            protocolType = type;
            leader = null;
        }
        add(member);
        if (state == GroupState.PREPARING && now < delayedUntil) {
            delayedUntil = Math.min(now + initialDelayMs, delayLimit);
            deadline = delayedUntil;
        }
        rebalance(now, "member " + identity.id() + " joined");
    }

    void rejoin(Member member, Member.Identity identity, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        boolean unchanged = member.matches(protocols);
        member.heard(now);
        if (state == GroupState.COMPLETING && unchanged || state == GroupState.STABLE && unchanged && !member.id().equals(leader)) {
            // Its earlier response was lost, or it only wants to know.
            answer.complete(joinResponse(member));
            return;
        }
        member.update(identity, protocols);
        member.join(answer);
        rebalance(now, "member " + member.id() + " joined again");
    }

    /** A static member came back under a new id: takes the old one's place, without a rebalance if nothing else changes (KIP-345). */
    void replace(Member old, Member.Identity identity, Map<String, byte[]> protocols, boolean canSkipAssignment, CompletableFuture<JoinGroupResponseData> answer,
            long now) {
        members.remove(old);
        old.joined(joinRefused(Errors.FENCED_INSTANCE_ID, old.id()), now);
        old.synced(new SyncGroupResponseData().setErrorCode(Errors.FENCED_INSTANCE_ID.code()), now);
        Member member = new Member(identity, protocols);
        member.assign(old.assignment());
        member.heard(now);
        boolean led = old.id().equals(leader);
        String oldLeader = leader;
        if (led) {
            leader = identity.id();
        }
        add(member);
        boolean sameSubscription = protocol != null && member.speaks(protocol)
                && java.util.Arrays.equals(old.metadata(protocol), member.metadata(protocol)) && protocol.equals(members.elected());
        if (state == GroupState.STABLE && sameSubscription) {
            changed = true;
            JoinGroupResponseData response = joinResponse(member);
            if (canSkipAssignment) {
                response.setSkipAssignment(led);
            } else {
                // An older client would compute an assignment if it were told that it leads.
                response.setLeader(oldLeader).setMembers(List.of());
            }
            answer.complete(response);
            return;
        }
        member.join(answer);
        rebalance(now, "static member " + identity.instanceId() + " came back as " + identity.id());
    }

    private void rebalance(long now, String why) {
        if (state != GroupState.PREPARING) {
            LOG.debug("group {} rebalances after generation {}: {}", id, generation, why);
            if (state == GroupState.COMPLETING) {
                refuseSyncs(now);
            }
            int longest = members.longestRebalanceTimeoutMs();
            boolean first = state == GroupState.EMPTY && initialDelayMs > 0;
            delayedUntil = first ? now + Math.min(initialDelayMs, longest) : 0;
            delayLimit = now + longest;
            deadline = first ? delayedUntil : delayLimit;
            enter(GroupState.PREPARING, now);
        }
        completeJoinIfAllThere(now);
    }

    private void refuseSyncs(long now) {
        for (Member member : members.all()) {
            member.assign(new byte[0]);
            member.synced(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()), now);
        }
    }

    private void enter(GroupState next, long now) {
        state = next;
        since = now;
    }

    private void completeJoinIfAllThere(long now) {
        if (state == GroupState.PREPARING && now >= delayedUntil && !members.hasReserved() && members.areAllJoining()) {
            completeJoin(now);
        }
    }

    private void completeJoin(long now) {
        for (Member member : members.copy()) {
            if (!member.isJoining() && !member.isStatic()) {
                LOG.info("group {}: member {} did not join in time and is out", id, member.id());
                forget(member);
            }
        }
        if (!members.isEmpty() && members.firstJoining().isEmpty()) {
            // Only static members that are away for a while: their sessions decide.
            deadline = now + members.longestRebalanceTimeoutMs();
            return;
        }
        generation++;
        changed = true;
        delayedUntil = 0;
        if (members.isEmpty()) {
            becomeEmpty(now);
            return;
        }
        protocol = members.elected();
        if (leader == null || members.get(leader) == null || !members.get(leader).isJoining()) {
            leader = members.firstJoining().orElseThrow().id();
        }
        enter(GroupState.COMPLETING, now);
        deadline = now + members.longestRebalanceTimeoutMs();
        // Persisted when the assignments are there.
        changed = false;
        for (Member member : members.copy()) {
            // A static member that is away keeps its place without taking part.
            member.expectSync(member.isJoining());
            if (member.isJoining()) {
                member.joined(joinResponse(member), now);
            }
        }
    }

    private void becomeEmpty(long now) {
        enter(GroupState.EMPTY, now);
        protocol = null;
        leader = null;
        deadline = Long.MAX_VALUE;
        changed = true;
    }

    private JoinGroupResponseData joinResponse(Member member) {
        JoinGroupResponseData response = new JoinGroupResponseData().setGenerationId(generation).setProtocolType(protocolType).setProtocolName(protocol)
                .setLeader(leader).setMemberId(member.id());
        if (member.id().equals(leader)) {
            List<JoinGroupResponseMember> all = new ArrayList<>();
            for (Member each : members.all()) {
                all.add(new JoinGroupResponseMember().setMemberId(each.id()).setGroupInstanceId(each.identity().instanceId())
                        .setMetadata(each.metadata(protocol)));
            }
            response.setMembers(all);
        }
        return response;
    }

    void sync(Member member, List<SyncGroupRequestAssignment> assignments, CompletableFuture<SyncGroupResponseData> answer, long now) {
        switch (state) {
            case EMPTY -> answer.complete(new SyncGroupResponseData().setErrorCode(Errors.UNKNOWN_MEMBER_ID.code()));
            case PREPARING -> answer.complete(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()));
            case STABLE -> {
                member.heard(now);
                member.expectSync(false);
                answer.complete(assignmentOf(member));
                stopWaitingIfAllSynced();
            }
            case COMPLETING -> {
                member.sync(answer);
                if (member.id().equals(leader)) {
                    assign(assignments, now);
                }
            }
        }
    }

    private void assign(List<SyncGroupRequestAssignment> assignments, long now) {
        members.all().forEach(member -> member.assign(new byte[0]));
        for (SyncGroupRequestAssignment one : assignments) {
            Member member = members.get(one.memberId());
            if (member != null) {
                member.assign(one.assignment());
            }
        }
        enter(GroupState.STABLE, now);
        changed = true;
        for (Member member : members.all()) {
            member.synced(assignmentOf(member), now);
        }
        stopWaitingIfAllSynced();
    }

    /** The rest still has to fetch its assignment in time. */
    private void stopWaitingIfAllSynced() {
        if (members.areAllSynced()) {
            deadline = Long.MAX_VALUE;
        }
    }

    private SyncGroupResponseData assignmentOf(Member member) {
        return new SyncGroupResponseData().setProtocolType(protocolType).setProtocolName(protocol).setAssignment(member.assignment());
    }

    void forgetPending(String memberId, long now) {
        members.release(memberId);
        completeJoinIfAllThere(now);
    }

    void remove(Member member, String why, long now) {
        forget(member);
        afterRemoval("member " + member.id() + " " + why, now);
    }

    private void forget(Member member) {
        members.remove(member);
        member.joined(joinRefused(Errors.UNKNOWN_MEMBER_ID, member.id()), 0);
        member.synced(new SyncGroupResponseData().setErrorCode(Errors.UNKNOWN_MEMBER_ID.code()), 0);
        if (member.id().equals(leader)) {
            leader = members.isEmpty() ? null : members.all().iterator().next().id();
        }
    }

    private void afterRemoval(String why, long now) {
        if (state == GroupState.STABLE || state == GroupState.COMPLETING) {
            rebalance(now, why);
        } else if (state == GroupState.PREPARING) {
            if (members.isEmpty()) {
                delayedUntil = 0;
            }
            completeJoinIfAllThere(now);
        }
    }

    /** The client of a waiting join is gone: from now on only its session keeps the member. */
    void abandonJoin(String memberId, CompletableFuture<JoinGroupResponseData> answer, long now) {
        Member member = members.get(memberId);
        if (member != null && member.isWaitingForJoin(answer)) {
            member.joined(joinRefused(Errors.REBALANCE_IN_PROGRESS, memberId), now);
        }
    }

    long nextDeadline() {
        return Math.min(state == GroupState.EMPTY ? Long.MAX_VALUE : deadline, members.nextDeadline());
    }

    void onTime(long now) {
        if (members.releaseUnused(now)) {
            completeJoinIfAllThere(now);
        }
        for (Member member : members.copy()) {
            if (members.get(member.id()) != null && member.sessionDeadline() <= now) {
                LOG.info("group {}: member {} was silent for its session of {} ms and is out", id, member.id(), member.identity().sessionTimeoutMs());
                remove(member, "was silent for too long", now);
            }
        }
        if (deadline > now) {
            return;
        }
        switch (state) {
            case EMPTY -> deadline = Long.MAX_VALUE;
            case PREPARING -> {
                if (now >= delayedUntil && delayedUntil > 0) {
                    // The initial delay is over: whoever is expected still has the rebalance timeout.
                    delayedUntil = 0;
                    deadline = delayLimit;
                    completeJoinIfAllThere(now);
                    if (state == GroupState.PREPARING && deadline <= now) {
                        completeJoin(now);
                    }
                } else {
                    completeJoin(now);
                }
            }
            case COMPLETING, STABLE -> {
                deadline = Long.MAX_VALUE;
                for (Member member : members.copy()) {
                    if (!member.isSynced()) {
                        forget(member);
                        LOG.info("group {}: member {} did not fetch its assignment in time and is out", id, member.id());
                        afterRemoval("member " + member.id() + " did not sync", now);
                    }
                }
            }
        }
    }

    void abandon(RuntimeException failure) {
        for (Member member : members.all()) {
            member.joined(joinRefused(Errors.forException(failure), member.id()), 0);
            member.synced(new SyncGroupResponseData().setErrorCode(Errors.forException(failure).code()), 0);
        }
    }
}
