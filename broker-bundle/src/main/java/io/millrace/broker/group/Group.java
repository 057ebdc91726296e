package io.millrace.broker.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group of the classic protocol:
 * <pre>
 * EMPTY      -> PREPARING  a member joined
 * PREPARING  -> COMPLETING all members joined, or the rebalance timeout passed and those who did not are out; the generation grows
 *            -> EMPTY      nobody is left
 * COMPLETING -> STABLE     the leader sent the assignments
 *            -> PREPARING  a member joined, left or died
 * STABLE     -> PREPARING  likewise, or the leader joined again
 * </pre>
 * Deterministic. {@link #takeChange} tells whether there is something to persist.
 */
final class Group {

    private static final Logger LOG = LoggerFactory.getLogger(Group.class);

    enum State {
        EMPTY("Empty"), PREPARING("PreparingRebalance"), COMPLETING("CompletingRebalance"), STABLE("Stable");

        private final String text;

        State(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private final String id;
    private final int initialDelayMs;
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final Map<String, String> memberOfInstance = new HashMap<>();
    /** Ids given out and not yet used (KIP-394), with the time until which they are good. */
    private final Map<String, Long> pending = new HashMap<>();
    private State state = State.EMPTY;
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
        group.state = group.members.isEmpty() ? State.EMPTY : State.STABLE;
        return group;
    }

    void resume(long now) {
        members.values().forEach(member -> member.heard(now));
    }

    String id() {
        return id;
    }

    State state() {
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
        return members.values();
    }

    Member member(String memberId) {
        return members.get(memberId);
    }

    String memberOfInstance(String instanceId) {
        return memberOfInstance.get(instanceId);
    }

    boolean isPending(String memberId) {
        return pending.containsKey(memberId);
    }

    boolean isUnused() {
        return state == State.EMPTY && pending.isEmpty();
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
        pending.put(memberId, now + sessionTimeoutMs);
    }

    /** Whether a member of this type and these protocols could be in. */
    boolean accepts(String type, Set<String> protocols) {
        if (members.isEmpty()) {
            return true;
        }
        return type.equals(protocolType) && protocols.stream().anyMatch(candidate -> members.values().stream().allMatch(member -> member.speaks(candidate)));
    }

    private void add(Member member) {
        members.put(member.id(), member);
        if (member.isStatic()) {
            memberOfInstance.put(member.identity().instanceId(), member.id());
        }
        if (leader == null) {
            leader = member.id();
        }
    }

    void join(Member.Identity identity, String type, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        pending.remove(identity.id());
        Member member = new Member(identity, protocols);
        member.heard(now);
        member.join(answer);
        if (members.isEmpty()) {
            protocolType = type;
            leader = null;
        }
        add(member);
        if (state == State.PREPARING && now < delayedUntil) {
            delayedUntil = Math.min(now + initialDelayMs, delayLimit);
            deadline = delayedUntil;
        }
        rebalance(now, "member " + identity.id() + " joined");
    }

    void rejoin(Member member, Member.Identity identity, Map<String, byte[]> protocols, CompletableFuture<JoinGroupResponseData> answer, long now) {
        boolean unchanged = member.matches(protocols);
        member.heard(now);
        if (state == State.COMPLETING && unchanged || state == State.STABLE && unchanged && !member.id().equals(leader)) {
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
        members.remove(old.id());
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
                && java.util.Arrays.equals(old.metadata(protocol), member.metadata(protocol)) && protocol.equals(elected());
        if (state == State.STABLE && sameSubscription) {
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
        if (state != State.PREPARING) {
            LOG.debug("group {} rebalances after generation {}: {}", id, generation, why);
            if (state == State.COMPLETING) {
                refuseSyncs(now);
            }
            int longest = members.values().stream().mapToInt(member -> member.identity().rebalanceTimeoutMs()).max().orElse(0);
            boolean first = state == State.EMPTY && initialDelayMs > 0;
            delayedUntil = first ? now + Math.min(initialDelayMs, longest) : 0;
            delayLimit = now + longest;
            deadline = first ? delayedUntil : delayLimit;
            enter(State.PREPARING, now);
        }
        completeJoinIfAllThere(now);
    }

    private void refuseSyncs(long now) {
        for (Member member : members.values()) {
            member.assign(new byte[0]);
            member.synced(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()), now);
        }
    }

    private void enter(State next, long now) {
        state = next;
        since = now;
    }

    private void completeJoinIfAllThere(long now) {
        if (state == State.PREPARING && now >= delayedUntil && pending.isEmpty() && members.values().stream().allMatch(Member::isJoining)) {
            completeJoin(now);
        }
    }

    private void completeJoin(long now) {
        for (Member member : List.copyOf(members.values())) {
            if (!member.isJoining() && !member.isStatic()) {
                LOG.info("group {}: member {} did not join in time and is out", id, member.id());
                forget(member);
            }
        }
        if (!members.isEmpty() && members.values().stream().noneMatch(Member::isJoining)) {
            // Only static members that are away for a while: their sessions decide.
            deadline = now + members.values().stream().mapToInt(member -> member.identity().rebalanceTimeoutMs()).max().orElse(0);
            return;
        }
        generation++;
        changed = true;
        delayedUntil = 0;
        if (members.isEmpty()) {
            becomeEmpty(now);
            return;
        }
        protocol = elected();
        if (leader == null || !members.containsKey(leader) || !members.get(leader).isJoining()) {
            leader = members.values().stream().filter(Member::isJoining).findFirst().orElseThrow().id();
        }
        enter(State.COMPLETING, now);
        deadline = now + members.values().stream().mapToInt(member -> member.identity().rebalanceTimeoutMs()).max().orElseThrow();
        // Persisted when the assignments are there.
        changed = false;
        for (Member member : List.copyOf(members.values())) {
            // A static member that is away keeps its place without taking part.
            member.expectSync(member.isJoining());
            if (member.isJoining()) {
                member.joined(joinResponse(member), now);
            }
        }
    }

    private void becomeEmpty(long now) {
        enter(State.EMPTY, now);
        protocol = null;
        leader = null;
        deadline = Long.MAX_VALUE;
        changed = true;
    }

    /** The protocol that every member speaks and most prefer. */
    private String elected() {
        Set<String> candidates = null;
        for (Member member : members.values()) {
            if (candidates == null) {
                candidates = new LinkedHashSet<>();
                member.protocols().forEach(candidates::add);
            } else {
                candidates.removeIf(candidate -> !member.speaks(candidate));
            }
        }
        if (candidates == null || candidates.isEmpty()) {
            return null;
        }
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (Member member : members.values()) {
            votes.merge(member.vote(candidates), 1, Integer::sum);
        }
        return votes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }

    private JoinGroupResponseData joinResponse(Member member) {
        JoinGroupResponseData response = new JoinGroupResponseData().setGenerationId(generation).setProtocolType(protocolType).setProtocolName(protocol)
                .setLeader(leader).setMemberId(member.id());
        if (member.id().equals(leader)) {
            List<JoinGroupResponseMember> all = new ArrayList<>();
            for (Member each : members.values()) {
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
        members.values().forEach(member -> member.assign(new byte[0]));
        for (SyncGroupRequestAssignment one : assignments) {
            Member member = members.get(one.memberId());
            if (member != null) {
                member.assign(one.assignment());
            }
        }
        enter(State.STABLE, now);
        changed = true;
        for (Member member : members.values()) {
            member.synced(assignmentOf(member), now);
        }
        stopWaitingIfAllSynced();
    }

    /** The rest still has to fetch its assignment in time. */
    private void stopWaitingIfAllSynced() {
        if (members.values().stream().allMatch(Member::isSynced)) {
            deadline = Long.MAX_VALUE;
        }
    }

    private SyncGroupResponseData assignmentOf(Member member) {
        return new SyncGroupResponseData().setProtocolType(protocolType).setProtocolName(protocol).setAssignment(member.assignment());
    }

    void forgetPending(String memberId, long now) {
        pending.remove(memberId);
        completeJoinIfAllThere(now);
    }

    void remove(Member member, String why, long now) {
        forget(member);
        afterRemoval("member " + member.id() + " " + why, now);
    }

    private void forget(Member member) {
        members.remove(member.id());
        if (member.isStatic()) {
            memberOfInstance.remove(member.identity().instanceId(), member.id());
        }
        member.joined(joinRefused(Errors.UNKNOWN_MEMBER_ID, member.id()), 0);
        member.synced(new SyncGroupResponseData().setErrorCode(Errors.UNKNOWN_MEMBER_ID.code()), 0);
        if (member.id().equals(leader)) {
            leader = members.isEmpty() ? null : members.keySet().iterator().next();
        }
    }

    private void afterRemoval(String why, long now) {
        if (state == State.STABLE || state == State.COMPLETING) {
            rebalance(now, why);
        } else if (state == State.PREPARING) {
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
        long next = state == State.EMPTY ? Long.MAX_VALUE : deadline;
        for (Member member : members.values()) {
            next = Math.min(next, member.sessionDeadline());
        }
        for (long until : pending.values()) {
            next = Math.min(next, until);
        }
        return next;
    }

    void onTime(long now) {
        if (pending.values().removeIf(until -> until <= now)) {
            completeJoinIfAllThere(now);
        }
        for (Member member : List.copyOf(members.values())) {
            if (members.containsKey(member.id()) && member.sessionDeadline() <= now) {
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
                    if (state == State.PREPARING && deadline <= now) {
                        completeJoin(now);
                    }
                } else {
                    completeJoin(now);
                }
            }
            case COMPLETING, STABLE -> {
                deadline = Long.MAX_VALUE;
                for (Member member : List.copyOf(members.values())) {
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
        for (Member member : members.values()) {
            member.joined(joinRefused(Errors.forException(failure), member.id()), 0);
            member.synced(new SyncGroupResponseData().setErrorCode(Errors.forException(failure).code()), 0);
        }
    }
}
