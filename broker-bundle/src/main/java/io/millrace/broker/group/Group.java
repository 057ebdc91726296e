package io.millrace.broker.group;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.JoinGroupResponseData;
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
    private final Members members = new Members();
    private final JoinWindow window;
    private GroupState state = GroupState.EMPTY;
    private long since;
    private Generation generation = Generation.NONE;
    private long deadline = Long.MAX_VALUE;
    private boolean changed;

    Group(String id, int initialDelayMs, long now) {
        this.id = id;
        this.window = new JoinWindow(initialDelayMs);
        this.since = now;
    }

    /** A group as its record tells; every member has a session's time to show up. */
    static Group restored(String id, int initialDelayMs, GroupRecords.GroupMetadata stored) {
        Group group = new Group(id, initialDelayMs, stored.since());
        String type = stored.protocolType().isEmpty() ? null : stored.protocolType();
        group.generation = new Generation(stored.generation(), type, stored.protocol(), stored.leader());
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

    Generation generation() {
        return generation;
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
        return members.isEmpty() ? Subscription.NONE : Subscription.of(members.all(), generation.isOfConsumers() ? generation.protocol() : null);
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
        return members.isEmpty() || type.equals(generation.protocolType()) && members.speakOneOf(protocols);
    }

    private void add(Member member) {
        members.add(member);
        if (generation.leader() == null) {
            generation = generation.led(member.id());
        }
    }

    void join(Member.Identity identity, String type, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        members.release(identity.id());
        Member member = new Member(identity, protocols);
        member.heard(now);
        member.join(answer);
        if (members.isEmpty()) {
            generation = generation.of(type);
        }
        add(member);
        if (state == GroupState.PREPARING && window.isDelayed(now)) {
            deadline = window.extend(now);
        }
        rebalance(now, "member " + identity.id() + " joined");
    }

    void rejoin(Member member, Member.Identity identity, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        boolean unchanged = member.matches(protocols);
        member.heard(now);
        if (state == GroupState.COMPLETING && unchanged || state == GroupState.STABLE && unchanged && !generation.isLedBy(member)) {
            // Its earlier response was lost, or it only wants to know.
            answer.complete(generation.joined(member, members));
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
        old.refuse(Errors.FENCED_INSTANCE_ID, now);
        Member member = new Member(identity, protocols);
        member.assign(old.assignment());
        member.heard(now);
        boolean led = generation.isLedBy(old);
        String oldLeader = generation.leader();
        if (led) {
            generation = generation.led(identity.id());
        }
        add(member);
        String protocol = generation.protocol();
        boolean sameSubscription = protocol != null && member.speaks(protocol)
                && Arrays.equals(old.metadata(protocol), member.metadata(protocol)) && protocol.equals(members.elected());
        if (state == GroupState.STABLE && sameSubscription) {
            changed = true;
            JoinGroupResponseData response = generation.joined(member, members);
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
            LOG.debug("group {} rebalances after generation {}: {}", id, generation.number(), why);
            if (state == GroupState.COMPLETING) {
                members.withdrawAssignments(now);
            }
            deadline = window.open(state == GroupState.EMPTY, members.longestRebalanceTimeoutMs(), now);
            enter(GroupState.PREPARING, now);
        }
        completeJoinIfAllThere(now);
    }

    private void enter(GroupState next, long now) {
        state = next;
        since = now;
    }

    private void completeJoinIfAllThere(long now) {
        if (state == GroupState.PREPARING && !window.isDelayed(now) && !members.hasReserved() && members.areAllJoining()) {
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
        window.skipDelay();
        if (members.isEmpty()) {
            becomeEmpty(now);
            return;
        }
        Member leader = generation.leader() == null ? null : members.get(generation.leader());
        generation = generation.next(members.elected(), (leader != null && leader.isJoining() ? leader : members.firstJoining().orElseThrow()).id());
        enter(GroupState.COMPLETING, now);
        deadline = now + members.longestRebalanceTimeoutMs();
        // Persisted when the assignments are there.
        changed = false;
        for (Member member : members.copy()) {
            // A static member that is away keeps its place without taking part.
            member.expectSync(member.isJoining());
            if (member.isJoining()) {
                member.joined(generation.joined(member, members), now);
            }
        }
    }

    private void becomeEmpty(long now) {
        enter(GroupState.EMPTY, now);
        generation = generation.next(null, null);
        deadline = Long.MAX_VALUE;
        changed = true;
    }

    void sync(Member member, List<SyncGroupRequestAssignment> assignments, CompletableFuture<SyncGroupResponseData> answer, long now) {
        switch (state) {
            case EMPTY -> answer.complete(new SyncGroupResponseData().setErrorCode(Errors.UNKNOWN_MEMBER_ID.code()));
            case PREPARING -> answer.complete(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()));
            case STABLE -> {
                member.heard(now);
                member.expectSync(false);
                answer.complete(generation.synced(member));
                stopWaitingIfAllSynced();
            }
            case COMPLETING -> {
                member.sync(answer);
                if (generation.isLedBy(member)) {
                    assign(assignments, now);
                }
            }
        }
    }

    private void assign(List<SyncGroupRequestAssignment> assignments, long now) {
        members.assign(assignments);
        enter(GroupState.STABLE, now);
        changed = true;
        for (Member member : members.all()) {
            member.synced(generation.synced(member), now);
        }
        stopWaitingIfAllSynced();
    }

    /** The rest still has to fetch its assignment in time. */
    private void stopWaitingIfAllSynced() {
        if (members.areAllSynced()) {
            deadline = Long.MAX_VALUE;
        }
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
        member.refuse(Errors.UNKNOWN_MEMBER_ID, 0);
        if (generation.isLedBy(member)) {
            generation = generation.led(members.isEmpty() ? null : members.all().iterator().next().id());
        }
    }

    private void afterRemoval(String why, long now) {
        if (state == GroupState.STABLE || state == GroupState.COMPLETING) {
            rebalance(now, why);
        } else if (state == GroupState.PREPARING) {
            if (members.isEmpty()) {
                window.skipDelay();
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
                if (window.endDelay(now)) {
                    // Whoever is expected still has the rebalance timeout.
                    deadline = window.limit();
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
            member.refuse(Errors.forException(failure), 0);
        }
    }
}
