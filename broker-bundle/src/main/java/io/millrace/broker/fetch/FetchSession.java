package io.millrace.broker.fetch;

import io.millrace.broker.metadata.ClusterImage;
import io.millrace.broker.metadata.ClusterMetadata;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.FetchSessionTopicIdException;
import org.apache.kafka.common.errors.InvalidFetchSessionEpochException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * What a client keeps fetching, remembered between its requests (KIP-227). A fetch looks only at the partitions that are <em>ready</em>: those
 * the request changed, those left with something unread, and those whose log moved since. So a client of thousands of quiet partitions costs as
 * little as one of none.
 *
 * <p>One fetch at a time has it, from {@link #acquire} to {@link #release}. Logs tell it of news from their own threads through {@link #news}.
 */
final class FetchSession {

    private record Key(String topic, Uuid topicId, int partition) {}

    private final int id;
    private final boolean byTopicId;
    private final long openedAt;
    /** Of one fetch, which may begin on one thread and end on another. */
    private final Semaphore use = new Semaphore(1);
    private final Map<Key, FetchedPartition> partitions = new LinkedHashMap<>();
    /** In the order in which they are read: who was given records goes to the end. */
    private final Set<FetchedPartition> ready = new LinkedHashSet<>();
    private final Queue<FetchedPartition> moved = new ConcurrentLinkedQueue<>();
    private int nextEpoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);
    private ClusterImage seen;
    private volatile long lastUsed;
    private volatile int size;
    private volatile boolean ended;
    private volatile Runnable waiter;

    /** @param id 0 for one that lasts as long as its request */
    FetchSession(int id, boolean byTopicId, long now) {
        this.id = id;
        this.byTopicId = byTopicId;
        this.openedAt = now;
        this.lastUsed = now;
    }

    int id() {
        return id;
    }

    long openedAt() {
        return openedAt;
    }

    long lastUsed() {
        return lastUsed;
    }

    void used(long now) {
        lastUsed = now;
    }

    /** Number of partitions. */
    int size() {
        return size;
    }

    /** Blocks while another request of the session is being answered, which only a client that lost a connection sees. */
    void acquire() {
        use.acquireUninterruptibly();
    }

    /** @return whether no other request of the session is being answered */
    boolean tryAcquire() {
        return use.tryAcquire();
    }

    void release() {
        use.release();
        if (ended || id == FetchMetadata.INVALID_SESSION_ID) {
            disarm();
        }
    }

    /** No log tells it of anything any more. Called from any thread. */
    void end() {
        ended = true;
        disarm();
    }

    private void disarm() {
        // Who holds it now disarms on release.
        if (use.tryAcquire()) {
            try {
                partitions.values().forEach(FetchedPartition::disarm);
            } finally {
                use.release();
            }
        }
    }

    /**
     * Takes over what a request of a kept session says.
     *
     * @throws InvalidFetchSessionEpochException if a request before it got lost or came twice
     * @throws FetchSessionTopicIdException      if the session speaks of topics by name and the request by id, or the other way round
     */
    void advance(int epoch, boolean withTopicIds) {
        if (withTopicIds != byTopicId) {
            throw new FetchSessionTopicIdException("fetch session " + id + " is " + (byTopicId ? "" : "not ") + "by topic id, this request is otherwise; begin a new one");
        }
        if (epoch != nextEpoch) {
            throw new InvalidFetchSessionEpochException("fetch session " + id + ": epoch " + epoch + " instead of " + nextEpoch + "; begin a new one");
        }
        nextEpoch = FetchMetadata.nextEpoch(nextEpoch);
    }

    /** Adds, changes and forgets partitions as the request says. */
    void take(FetchRequestData request, ClusterMetadata metadata) {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition asked : topic.partitions()) {
                Key key = new Key(topic.topic(), topic.topicId(), asked.partition());
                FetchedPartition partition = partitions.computeIfAbsent(key, k -> new FetchedPartition(this, k.topic(), k.topicId()));
                partition.ask(asked);
                partition.find(metadata, byTopicId);
                ready.add(partition);
            }
        }
        for (ForgottenTopic topic : request.forgottenTopicsData()) {
            for (int index : topic.partitions()) {
                FetchedPartition forgotten = partitions.remove(new Key(topic.topic(), topic.topicId(), index));
                if (forgotten != null) {
                    forgotten.forget();
                    ready.remove(forgotten);
                }
            }
        }
        refresh(metadata);
        size = partitions.size();
    }

    /** Looks up all partitions again if topics changed since. */
    private void refresh(ClusterMetadata metadata) {
        ClusterImage now = metadata.image();
        if (seen != now) {
            if (seen != null) {
                for (FetchedPartition partition : partitions.values()) {
                    if (partition.find(metadata, byTopicId)) {
                        ready.add(partition);
                    }
                }
            }
            seen = now;
        }
    }

    /** Those worth a look now, in the order to read them. */
    Collection<FetchedPartition> ready() {
        for (FetchedPartition partition; (partition = moved.poll()) != null; ) {
            if (!partition.isForgotten()) {
                ready.add(partition);
            }
        }
        return ready;
    }

    /** All partitions in the order in which the client named them. */
    List<FetchedPartition> all() {
        return new ArrayList<>(partitions.values());
    }

    /** It has been given records: others are read before it next time. */
    void rotate(FetchedPartition partition) {
        ready.remove(partition);
        ready.add(partition);
    }

    /** There is nothing in it to say until its log moves. */
    void rest(FetchedPartition partition) {
        ready.remove(partition);
    }

    /** Called by the partition from its log's threads. */
    void news(FetchedPartition partition) {
        moved.add(partition);
        Runnable waiting = waiter;
        if (waiting != null) {
            waiting.run();
        }
    }

    boolean hasNews() {
        return !moved.isEmpty();
    }

    /** From here on {@link #news} runs this; null for nothing. */
    void wake(Runnable fetch) {
        waiter = fetch;
    }
}
