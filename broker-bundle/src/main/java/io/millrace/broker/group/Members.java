package io.millrace.broker.group;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Who is in a group, in the order of joining, and to whom an id was given for it. Mutable; the group is its only user. */
final class Members {

    private final Map<String, Member> byId = new LinkedHashMap<>();
    private final Map<String, String> byInstance = new HashMap<>();
    /** Ids given out and not yet used (KIP-394), with the time until which they are good. */
    private final Map<String, Long> reserved = new HashMap<>();

    void add(Member member) {
        byId.put(member.id(), member);
        if (member.isStatic()) {
            byInstance.put(member.identity().instanceId(), member.id());
        }
    }

    void remove(Member member) {
        byId.remove(member.id());
        if (member.isStatic()) {
            byInstance.remove(member.identity().instanceId(), member.id());
        }
    }

    /** @return null if there is none */
    Member get(String id) {
        return byId.get(id);
    }

    /** @return the id of the static member, null if there is none */
    String ofInstance(String instanceId) {
        return byInstance.get(instanceId);
    }

    boolean isEmpty() {
        return byId.isEmpty();
    }

    /** A view. */
    Collection<Member> all() {
        return Collections.unmodifiableCollection(byId.values());
    }

    /** Those of now, for loops that take some out. */
    List<Member> copy() {
        return List.copyOf(byId.values());
    }

    void reserve(String id, long until) {
        reserved.put(id, until);
    }

    boolean isReserved(String id) {
        return reserved.containsKey(id);
    }

    boolean hasReserved() {
        return !reserved.isEmpty();
    }

    void release(String id) {
        reserved.remove(id);
    }

    /** @return whether ids were given up that nobody used in time */
    boolean releaseUnused(long now) {
        return reserved.values().removeIf(until -> until <= now);
    }

    /** When a session or a reserved id ends; {@link Long#MAX_VALUE} if none does. */
    long nextDeadline() {
        long next = Long.MAX_VALUE;
        for (Member member : byId.values()) {
            next = Math.min(next, member.sessionDeadline());
        }
        for (long until : reserved.values()) {
            next = Math.min(next, until);
        }
        return next;
    }

    int longestRebalanceTimeoutMs() {
        return byId.values().stream().mapToInt(member -> member.identity().rebalanceTimeoutMs()).max().orElse(0);
    }

    boolean areAllJoining() {
        return byId.values().stream().allMatch(Member::isJoining);
    }

    Optional<Member> firstJoining() {
        return byId.values().stream().filter(Member::isJoining).findFirst();
    }

    boolean areAllSynced() {
        return byId.values().stream().allMatch(Member::isSynced);
    }

    /** Nobody has an assignment any more, and who waits for one has to join again. */
    void withdrawAssignments(long now) {
        for (Member member : byId.values()) {
            member.assign(new byte[0]);
            member.synced(new SyncGroupResponseData().setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()), now);
        }
    }

    /** Who is not mentioned gets nothing. */
    void assign(List<SyncGroupRequestAssignment> assignments) {
        byId.values().forEach(member -> member.assign(new byte[0]));
        for (SyncGroupRequestAssignment one : assignments) {
            Member member = byId.get(one.memberId());
            if (member != null) {
                member.assign(one.assignment());
            }
        }
    }

    /** Whether all of them speak one of the protocols. */
    boolean speakOneOf(Set<String> protocols) {
        return protocols.stream().anyMatch(candidate -> byId.values().stream().allMatch(member -> member.speaks(candidate)));
    }

    /** The protocol that every member speaks and most prefer; null if there is none. */
    String elected() {
        Set<String> candidates = null;
        for (Member member : byId.values()) {
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
        for (Member member : byId.values()) {
            votes.merge(member.vote(candidates), 1, Integer::sum);
        }
        return votes.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }
}
