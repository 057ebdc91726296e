package io.millrace.broker.fetch;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.errors.FetchSessionIdNotFoundException;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * The sessions of a node, of bounded number (KIP-227). A new one that finds no room takes the place of one that has not been used for a while, or
 * of an older and smaller one: large sessions save more. Without either it is not kept, and its client sends its whole list each time.
 *
 * <p>Thread-safe; time is in milliseconds and handed in.
 */
final class FetchSessions {

    private final int slots;
    private final long evictionMillis;
    private final RandomGenerator random;
    /** In the order of last use. */
    private final Map<Integer, FetchSession> byId = new LinkedHashMap<>(16, 0.75f, true);
    private long evictions;

    /**
     * @param slots          how many sessions there may be, {@code max.incremental.fetch.session.cache.slots}
     * @param evictionMillis how long one is safe from others
     */
    FetchSessions(int slots, long evictionMillis, RandomGenerator random) {
        this.slots = slots;
        this.evictionMillis = evictionMillis;
        this.random = random;
    }

    /** @return a session of that many partitions; of id 0 if there is no room to keep it */
    FetchSession open(int partitions, boolean byTopicId, long now) {
        FetchSession evicted = null;
        FetchSession opened;
        synchronized (this) {
            if (byId.size() >= slots) {
                evicted = evictable(partitions, now);
                if (evicted == null) {
                    return new FetchSession(FetchMetadata.INVALID_SESSION_ID, byTopicId, now);
                }
                byId.remove(evicted.id());
                evictions++;
            }
            opened = new FetchSession(newId(), byTopicId, now);
            byId.put(opened.id(), opened);
        }
        if (evicted != null) {
            evicted.end();
        }
        return opened;
    }

    private FetchSession evictable(int partitions, long now) {
        FetchSession smallest = null;
        for (FetchSession session : byId.values()) {
            if (now - session.lastUsed() > evictionMillis) {
                return session;
            }
            if (now - session.openedAt() > evictionMillis && session.size() < partitions && (smallest == null || session.size() < smallest.size())) {
                smallest = session;
            }
        }
        return smallest;
    }

    private int newId() {
        int id;
        do {
            id = random.nextInt(1, Integer.MAX_VALUE);
        } while (byId.containsKey(id));
        return id;
    }

    /** @throws FetchSessionIdNotFoundException if it was never there or had to make room */
    synchronized FetchSession resume(int id, long now) {
        FetchSession session = byId.get(id);
        if (session == null) {
            throw new FetchSessionIdNotFoundException("there is no fetch session " + id + "; begin a new one");
        }
        session.used(now);
        return session;
    }

    /** Nothing happens if there is no such session. */
    void end(int id) {
        FetchSession session;
        synchronized (this) {
            session = byId.remove(id);
        }
        if (session != null) {
            session.end();
        }
    }

    synchronized int size() {
        return byId.size();
    }

    synchronized long partitions() {
        return byId.values().stream().mapToLong(FetchSession::size).sum();
    }

    synchronized long evictions() {
        return evictions;
    }
}
