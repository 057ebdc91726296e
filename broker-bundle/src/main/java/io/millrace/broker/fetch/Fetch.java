package io.millrace.broker.fetch;

import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metrics.Traffic;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.security.SecureRandom;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;

/**
 * Reads batches, as slices of the log's files. If there are fewer bytes than asked for, the answer tells that it is ready when the logs'
 * high watermarks or last stable offsets move or the time is up.
 */
public final class Fetch implements Handler {

    /** As long a session is safe from others, as with Kafka. */
    private static final long SESSION_EVICTION_MILLIS = 120_000;
    static final short FIRST_WITH_TOPIC_IDS = 13;

    private final ClusterMetadata metadata;
    private final int maxBytes;
    private final FetchSessions sessions;
    private final Traffic traffic;
    private final FetchDeadlines deadlines = new FetchDeadlines();
    private final Set<WaitingFetch> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * @param maxBytes     bound of a response, {@code fetch.max.bytes}
     * @param sessionSlots how many sessions are kept, {@code max.incremental.fetch.session.cache.slots}
     */
    public Fetch(ClusterMetadata metadata, int maxBytes, int sessionSlots, Traffic traffic) {
        this.metadata = metadata;
        this.maxBytes = maxBytes;
        this.traffic = traffic;
        this.sessions = new FetchSessions(sessionSlots, SESSION_EVICTION_MILLIS, new SecureRandom());
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FETCH;
    }

    @Override
    public Answer handle(Call call) {
        return new WaitingFetch(this, metadata, call);
    }

    /** Answers at once whoever waits, now and from now on. */
    public void close() {
        closed = true;
        waiting.forEach(WaitingFetch::cancel);
        deadlines.close();
    }

    /** Fetches that wait for data to come. */
    public int waiting() {
        return waiting.size();
    }

    /** Sessions that are kept. */
    public int sessions() {
        return sessions.size();
    }

    /** Partitions of all sessions that are kept. */
    public long sessionPartitions() {
        return sessions.partitions();
    }

    /** Sessions that had to make room for others since the start. */
    public long sessionEvictions() {
        return sessions.evictions();
    }

    /** @throws ApiException if the session cannot go on */
    FetchSession session(FetchRequest request) {
        FetchMetadata asked = request.metadata();
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        if (!asked.isFull()) {
            return sessions.resume(asked.sessionId(), now);
        }
        if (asked.sessionId() != FetchMetadata.INVALID_SESSION_ID) {
            sessions.end(asked.sessionId());
        }
        boolean byTopicId = request.version() >= FIRST_WITH_TOPIC_IDS;
        if (asked.epoch() == FetchMetadata.FINAL_EPOCH) {
            return new FetchSession(FetchMetadata.INVALID_SESSION_ID, byTopicId, now);
        }
        int partitions = 0;
        for (FetchTopic topic : request.data().topics()) {
            partitions += topic.partitions().size();
        }
        return sessions.open(partitions, byTopicId, now);
    }

    FetchDeadlines deadlines() {
        return deadlines;
    }

    Traffic traffic() {
        return traffic;
    }

    /** Bound of a response. */
    int maxBytes() {
        return maxBytes;
    }

    boolean isClosed() {
        return closed;
    }

    /** It is {@link WaitingFetch#cancel}led on {@link #close}. */
    void begins(WaitingFetch fetch) {
        waiting.add(fetch);
    }

    void ends(WaitingFetch fetch) {
        waiting.remove(fetch);
    }
}
