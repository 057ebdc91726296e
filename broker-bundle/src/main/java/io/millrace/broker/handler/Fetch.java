package io.millrace.broker.handler;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.EpochEnd;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.TopicImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;

/**
 * Reads batches, as slices of the log's files. If there are fewer bytes than asked for, the connection's writer parks until the logs'
 * high watermarks or last stable offsets move or the time is up.
 *
 * <p>Fetch sessions (KIP-227) are declined by the session id 0, upon which a client sends its whole list each time.
 */
final class Fetch implements Handler {

    /** Aborted transactions beyond the slice are harmless to the client; only when they are many it pays to look where the slice ends. */
    private static final int MANY_ABORTED = 64;

    private final ClusterMetadata metadata;
    private final int maxBytes;
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param maxBytes bound of a response, {@code fetch.max.bytes} */
    Fetch(ClusterMetadata metadata, int maxBytes) {
        this.metadata = metadata;
        this.maxBytes = maxBytes;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FETCH;
    }

    @Override
    public Answer handle(Call call) {
        FetchRequest request = call.as(FetchRequest.class);
        FetchMetadata session = request.metadata();
        if (!session.isFull()) {
            Errors unknown = session.sessionId() == FetchMetadata.INVALID_SESSION_ID ? Errors.INVALID_FETCH_SESSION_EPOCH : Errors.FETCH_SESSION_ID_NOT_FOUND;
            return Answer.now(FetchResponse.of(new FetchResponseData().setErrorCode(unknown.code()).setSessionId(FetchMetadata.INVALID_SESSION_ID)));
        }
        return new Waiting(call, request);
    }

    /** Answers at once whoever waits, now and from now on. */
    void close() {
        closed = true;
        waiting.forEach(Waiting::cancel);
    }

    /** One fetch under way. Confined to the awaiting thread but for {@link #moved} and {@link #cancelled}. */
    private final class Waiting implements Answer {

        private final Call call;
        private final FetchRequest request;
        private final boolean committed;
        private final List<Part> parts = new ArrayList<>();
        private final Runnable wake = this::wake;
        private volatile Thread thread;
        private volatile boolean moved;
        private volatile boolean cancelled;

        Waiting(Call call, FetchRequest request) {
            this.call = call;
            this.request = request;
            this.committed = request.isolationLevel() == IsolationLevel.READ_COMMITTED;
            FetchRequestData data = request.data();
            for (FetchTopic topic : data.topics()) {
                for (FetchPartition partition : topic.partitions()) {
                    parts.add(new Part(topic.topic(), topic.topicId(), partition));
                }
            }
        }

        @Override
        public AbstractResponse await() {
            parts.forEach(part -> part.find(call));
            if (request.maxWait() <= 0 || request.minBytes() <= 0 || parts.isEmpty()) {
                return read();
            }
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(request.maxWait());
            // Most fetches find something, and then nobody needs to be told of anything.
            if (isWorthReading()) {
                FetchResponse found = read();
                if (isEnough(found)) {
                    return found;
                }
            }
            thread = Thread.currentThread();
            waiting.add(this);
            parts.forEach(part -> part.listen(wake));
            try {
                while (true) {
                    moved = false;
                    boolean last = cancelled || closed || System.nanoTime() - deadline >= 0;
                    if (last || isWorthReading()) {
                        FetchResponse found = read();
                        if (last || isEnough(found)) {
                            return found;
                        }
                    }
                    while (!moved && !cancelled && !closed && System.nanoTime() - deadline < 0) {
                        LockSupport.parkNanos(this, deadline - System.nanoTime());
                    }
                }
            } finally {
                parts.forEach(part -> part.unlisten(wake));
                waiting.remove(this);
            }
        }

        private void wake() {
            moved = true;
            LockSupport.unpark(thread);
        }

        @Override
        public void cancel() {
            cancelled = true;
            LockSupport.unpark(thread);
        }

        private boolean isWorthReading() {
            for (Part part : parts) {
                if (part.isWorthReading(committed)) {
                    return true;
                }
            }
            return false;
        }

        private FetchResponse read() {
            int left = Math.min(request.maxBytes(), maxBytes);
            boolean first = true;
            for (Part part : parts) {
                int size = part.read(call, left, first, committed);
                left -= size;
                first &= size == 0;
            }
            return response();
        }

        private boolean isEnough(FetchResponse found) {
            long bytes = 0;
            for (FetchableTopicResponse topic : found.data().responses()) {
                for (PartitionData partition : topic.partitions()) {
                    if (partition.errorCode() != Errors.NONE.code() || partition.divergingEpoch().epoch() >= 0) {
                        return true;
                    }
                    bytes += FetchResponse.recordsSize(partition);
                }
            }
            return bytes >= request.minBytes();
        }

        private FetchResponse response() {
            FetchResponseData response = new FetchResponseData().setSessionId(FetchMetadata.INVALID_SESSION_ID);
            FetchableTopicResponse topic = null;
            for (Part part : parts) {
                if (topic == null || !topic.topic().equals(part.name) || !topic.topicId().equals(part.id)) {
                    topic = new FetchableTopicResponse().setTopic(part.name).setTopicId(part.id);
                    response.responses().add(topic);
                }
                topic.partitions().add(part.result);
            }
            return FetchResponse.of(response);
        }
    }

    /** One partition of a fetch. */
    private final class Part {

        private final String name;
        private final Uuid id;
        private final FetchPartition asked;
        private LedPartition led;
        private PartitionData failed;
        private PartitionData result;

        Part(String name, Uuid id, FetchPartition asked) {
            this.name = name;
            this.id = id;
            this.asked = asked;
        }

        void find(Call call) {
            try {
                String topic = name;
                if (call.version() >= 13) {
                    topic = metadata.image().topic(id).map(TopicImage::name)
                            .orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + id));
                }
                TopicPartition partition = new TopicPartition(topic, asked.partition());
                led = metadata.leader(partition).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
                led.checkEpoch(asked.currentLeaderEpoch());
            } catch (RuntimeException refused) {
                failed = failure(call, refused);
                led = null;
            }
        }

        void listen(Runnable wake) {
            if (led != null) {
                led.log().addListener(wake);
            }
        }

        void unlisten(Runnable wake) {
            if (led != null) {
                led.log().removeListener(wake);
            }
        }

        boolean isWorthReading(boolean committed) {
            if (led == null) {
                return true;
            }
            PartitionLog log = led.log();
            long offset = asked.fetchOffset();
            return offset < readable(log, committed) || offset > log.endOffset() || offset < log.startOffset() || asked.lastFetchedEpoch() >= 0 && diverging() != null;
        }

        /** @return bytes found */
        int read(Call call, int left, boolean first, boolean committed) {
            if (led == null) {
                result = failed;
                return 0;
            }
            try {
                return read(left, first, committed);
            } catch (RuntimeException refused) {
                result = failure(call, refused);
                return 0;
            }
        }

        private int read(int left, boolean first, boolean committed) {
            PartitionLog log = led.log();
            long offset = asked.fetchOffset();
            long stable = log.lastStableOffset();
            long high = log.highWatermark();
            long limit = committed ? stable : high;
            result = new PartitionData().setPartitionIndex(asked.partition()).setHighWatermark(high).setLastStableOffset(stable)
                    .setLogStartOffset(log.startOffset()).setRecords(MemoryRecords.EMPTY);
            if (asked.lastFetchedEpoch() >= 0) {
                EpochEndOffset diverging = diverging();
                if (diverging != null) {
                    result.setDivergingEpoch(diverging);
                    return 0;
                }
            }
            if (offset > log.endOffset() || offset < log.startOffset()) {
                throw new OffsetOutOfRangeException(log.topicPartition() + " has offsets " + log.startOffset() + " to " + log.endOffset() + ", not " + offset);
            }
            if (committed) {
                result.setAbortedTransactions(List.of());
            }
            int most = Math.min(left, asked.partitionMaxBytes());
            if (offset >= limit || most <= 0 && !first) {
                return 0;
            }
            Records records = log.read(offset, Math.max(0, most), limit, first);
            result.setRecords(records);
            if (committed && records.sizeInBytes() > 0) {
                result.setAbortedTransactions(aborted(log, offset, limit, records));
            }
            return records.sizeInBytes();
        }

        private static List<AbortedTransaction> aborted(PartitionLog log, long offset, long limit, Records records) {
            List<AbortedTransaction> aborted = log.abortedTransactions(offset, limit);
            return aborted.size() <= MANY_ABORTED ? aborted
                    : records.lastBatch().map(last -> log.abortedTransactions(offset, last.nextOffset())).orElse(aborted);
        }

        private EpochEndOffset diverging() {
            EpochEnd end = led.log().endOfEpoch(asked.lastFetchedEpoch());
            boolean diverges = end.leaderEpoch() >= 0 && (end.leaderEpoch() < asked.lastFetchedEpoch() || end.endOffset() < asked.fetchOffset());
            return diverges ? new EpochEndOffset().setEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()) : null;
        }

        private PartitionData failure(Call call, RuntimeException refused) {
            PartitionData data = FetchResponse.partitionResponse(asked.partition(), Failure.of(call, name.isEmpty() ? id : name, refused));
            if (refused instanceof OffsetOutOfRangeException && led != null) {
                data.setHighWatermark(led.log().highWatermark()).setLogStartOffset(led.log().startOffset()).setLastStableOffset(led.log().lastStableOffset());
            }
            return data;
        }
    }

    private static long readable(PartitionLog log, boolean committed) {
        return committed ? log.lastStableOffset() : log.highWatermark();
    }
}
