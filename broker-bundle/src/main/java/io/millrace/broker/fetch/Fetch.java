package io.millrace.broker.fetch;

import io.millrace.broker.fetch.FetchDeadlines.Deadline;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metrics.Traffic;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.request.Handler;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * Reads batches, as slices of the log's files. If there are fewer bytes than asked for, the connection's writer parks until the logs'
 * high watermarks or last stable offsets move or the time is up.
 */
public final class Fetch implements Handler {

    /** As long a session is safe from others, as with Kafka. */
    private static final long SESSION_EVICTION_MILLIS = 120_000;
    /** So few are looked at sooner than their logs are told to say when they move. */
    private static final int FEW_READY = 16;
    private static final short FIRST_WITH_TOPIC_IDS = 13;
    private static final short FIRST_WITH_ENDPOINTS = 16;

    private final ClusterMetadata metadata;
    private final int maxBytes;
    private final FetchSessions sessions;
    private final Traffic traffic;
    private final FetchDeadlines deadlines = new FetchDeadlines();
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
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
        return new Waiting(call);
    }

    /** Answers at once whoever waits, now and from now on. */
    public void close() {
        closed = true;
        waiting.forEach(Waiting::cancel);
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
    private FetchSession session(FetchRequest request) {
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

    /** One fetch under way. Confined to the awaiting thread but for {@link #cancel}. */
    private final class Waiting implements Answer {

        private final FetchRequest request;
        private final short version;
        private final boolean committed;
        private final boolean full;
        private long parked;
        private volatile Thread thread;
        private volatile boolean cancelled;

        Waiting(Call call) {
            this.request = call.as(FetchRequest.class);
            this.version = call.version();
            this.committed = request.isolationLevel() == IsolationLevel.READ_COMMITTED;
            this.full = request.metadata().isFull();
        }

        @Override
        public AbstractResponse await() {
            FetchSession session;
            try {
                session = session(request);
                session.acquire();
            } catch (ApiException refused) {
                return refused(refused);
            }
            try {
                if (!full) {
                    session.advance(request.metadata().epoch(), version >= FIRST_WITH_TOPIC_IDS);
                }
                session.take(request.data(), metadata);
                return await(session);
            } catch (ApiException refused) {
                return refused(refused);
            } finally {
                session.release();
            }
        }

        private static FetchResponse refused(ApiException refused) {
            return FetchResponse.of(new FetchResponseData().setErrorCode(Errors.forException(refused).code()).setSessionId(FetchMetadata.INVALID_SESSION_ID));
        }

        private FetchResponse await(FetchSession session) {
            boolean patient = request.maxWait() > 0 && request.minBytes() > 0 && session.size() > 0;
            // Most fetches find something, and then nobody needs to be told of anything.
            if (read(session) || !patient) {
                if (!full) {
                    restQuiet(session);
                }
                return response(session);
            }
            thread = Thread.currentThread();
            Deadline deadline = deadlines.in(request.maxWait());
            session.wake(thread);
            waiting.add(this);
            try {
                while (!isOver(deadline)) {
                    if (arm(session) || session.hasNews()) {
                        if (read(session)) {
                            break;
                        }
                    } else {
                        long began = System.nanoTime();
                        LockSupport.park(this);
                        parked += System.nanoTime() - began;
                    }
                }
                return response(session);
            } finally {
                deadlines.cancel(deadline);
                waiting.remove(this);
                session.wake(null);
            }
        }

        private boolean isOver(Deadline deadline) {
            return cancelled || closed || deadlines.isOver(deadline);
        }

        /** Reads what is ready. @return whether that is enough to answer */
        private boolean read(FetchSession session) {
            int left = Math.min(request.maxBytes(), maxBytes);
            long bytes = 0;
            boolean urgent = false;
            for (FetchedPartition partition : session.ready()) {
                int size = partition.read(left, bytes == 0, committed);
                left -= size;
                bytes += size;
                urgent |= partition.isUrgent();
            }
            return urgent || bytes >= request.minBytes();
        }

        /** A client that always finds something never waits, so what has been quiet must be left to itself meanwhile. */
        private void restQuiet(FetchSession session) {
            if (session.ready().size() <= FEW_READY) {
                return;
            }
            for (FetchedPartition partition : List.copyOf(session.ready())) {
                if (partition.isQuiet() && !partition.arm(committed)) {
                    session.rest(partition);
                }
            }
        }

        /** Has the logs of all that is ready say when they move. @return whether one did since it was read */
        private boolean arm(FetchSession session) {
            boolean moved = false;
            List<FetchedPartition> read = new ArrayList<>();
            for (FetchedPartition partition : session.ready()) {
                if (partition.arm(committed)) {
                    moved = true;
                } else if (partition.isRead() && !partition.isNews()) {
                    read.add(partition);
                }
            }
            read.forEach(session::rest);
            return moved;
        }

        private FetchResponse response(FetchSession session) {
            // News that came after the last read are for the next fetch.
            FetchResponseData response = new FetchResponseData().setSessionId(session.id());
            FetchableTopicResponse topic = null;
            Collection<FetchedPartition> told = full ? session.all() : List.copyOf(session.ready());
            for (FetchedPartition partition : told) {
                if (partition.found() == null || !full && !partition.isNews()) {
                    continue;
                }
                if (topic == null || !topic.topic().equals(partition.topic()) || !topic.topicId().equals(partition.topicId())) {
                    topic = new FetchableTopicResponse().setTopic(partition.topic()).setTopicId(partition.topicId());
                    response.responses().add(topic);
                }
                if (version >= FIRST_WITH_ENDPOINTS && partition.isLedOtherwise()) {
                    Node self = metadata.self();
                    partition.hint(self.id());
                    if (response.nodeEndpoints().isEmpty()) {
                        response.nodeEndpoints().add(new NodeEndpoint().setNodeId(self.id()).setHost(self.host()).setPort(self.port()));
                    }
                }
                topic.partitions().add(partition.found());
                count(partition);
                if (partition.found().records().sizeInBytes() > 0) {
                    session.rotate(partition);
                }
                partition.sent();
            }
            return FetchResponse.of(response);
        }

        private void count(FetchedPartition partition) {
            if (partition.found().errorCode() != Errors.NONE.code()) {
                traffic.fetchFailed(partition.knownTopic());
            } else {
                traffic.fetched(partition.knownTopic(), partition.found().records().sizeInBytes());
            }
        }

        @Override
        public long waited() {
            return parked;
        }

        @Override
        public void cancel() {
            cancelled = true;
            LockSupport.unpark(thread);
        }
    }
}
