package io.millrace.broker.fetch;

import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Committed;
import io.millrace.broker.log.PartitionLog.EpochEnd;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metadata.LedPartition;
import io.millrace.broker.metadata.TopicImage;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.FencedLeaderEpochException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition of a session. Confined to the fetch that has the session, but for {@link #run}, by which its log says that it moved. It hears of
 * that once for each {@link #arm}, so a session that is not used costs its logs nothing.
 */
final class FetchedPartition implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(FetchedPartition.class);

    private final FetchSession session;
    private final String topic;
    private final Uuid topicId;
    private final AtomicReference<PartitionLog> armed = new AtomicReference<>();
    private FetchPartition asked;
    private LedPartition led;
    private RuntimeException refused;
    private PartitionData found;
    private long limit;
    private long sentHighWatermark = -1;
    private long sentStartOffset = -1;
    /** That found nothing. */
    private int quietLooks;
    private boolean forgotten;

    FetchedPartition(FetchSession session, String topic, Uuid topicId) {
        this.session = session;
        this.topic = topic;
        this.topicId = topicId;
    }

    /** Empty where the session goes by topic id. */
    String topic() {
        return topic;
    }

    /** The topic's name; null if there is no such topic. */
    String knownTopic() {
        return led == null ? null : led.log().topicPartition().topic();
    }

    Uuid topicId() {
        return topicId;
    }

    void ask(FetchPartition request) {
        asked = request;
    }

    /** Looks up the log. @return whether it is another than before */
    boolean find(ClusterMetadata metadata, boolean byTopicId) {
        LedPartition before = led;
        try {
            refused = null;
            String name = !byTopicId ? topic : metadata.image().topic(topicId).map(TopicImage::name)
                    .orElseThrow(() -> new UnknownTopicIdException("there is no topic of id " + topicId));
            TopicPartition partition = new TopicPartition(name, asked.partition());
            led = metadata.leader(partition).orElseThrow(() -> new UnknownTopicOrPartitionException("there is no partition " + partition));
            led.checkEpoch(asked.currentLeaderEpoch());
        } catch (ApiException failed) {
            refused = failed;
        }
        boolean other = led != before || refused != null;
        if (other) {
            disarm();
        }
        return other;
    }

    /**
     * Reads from where the client is.
     *
     * @param left      bytes the response may still take
     * @param first     whether it has none yet: then one batch is read even if it is larger
     * @param committed whether to stop at the last stable offset
     * @return bytes found
     */
    int read(int left, boolean first, boolean committed) {
        int bytes = look(left, first, committed);
        quietLooks = bytes == 0 ? quietLooks + 1 : 0;
        return bytes;
    }

    private int look(int left, boolean first, boolean committed) {
        try {
            if (refused != null) {
                throw refused;
            }
            return readLog(left, first, committed);
        } catch (RuntimeException failed) {
            if (!(failed instanceof ApiException)) {
                LOG.error("{} cannot be read at offset {}", this, asked.fetchOffset(), failed);
            }
            found = failure(failed);
            return 0;
        }
    }

    private int readLog(int left, boolean first, boolean committed) {
        PartitionLog log = led.log();
        long offset = asked.fetchOffset();
        long stable = log.lastStableOffset();
        long high = log.highWatermark();
        limit = committed ? stable : high;
        found = new PartitionData().setPartitionIndex(asked.partition()).setHighWatermark(high).setLastStableOffset(stable)
                .setLogStartOffset(log.startOffset()).setRecords(MemoryRecords.EMPTY).setAbortedTransactions(committed ? List.of() : null);
        if (asked.lastFetchedEpoch() >= 0) {
            EpochEndOffset diverging = diverging(log);
            if (diverging != null) {
                found.setDivergingEpoch(diverging);
                return 0;
            }
        }
        if (offset > log.endOffset() || offset < log.startOffset()) {
            throw new OffsetOutOfRangeException(log.topicPartition() + " has offsets " + log.startOffset() + " to " + log.endOffset() + ", not " + offset);
        }
        int most = Math.min(left, asked.partitionMaxBytes());
        if (offset >= limit || most <= 0 && !first) {
            return 0;
        }
        if (!committed) {
            found.setRecords(log.read(offset, Math.max(0, most), limit, first));
        } else {
            Committed read = log.readCommitted(offset, Math.max(0, most), limit, first);
            found.setRecords(read.records()).setAbortedTransactions(read.aborted());
        }
        return found.records().sizeInBytes();
    }

    private EpochEndOffset diverging(PartitionLog log) {
        EpochEnd end = log.endOfEpoch(asked.lastFetchedEpoch());
        boolean diverges = end.leaderEpoch() >= 0 && (end.leaderEpoch() < asked.lastFetchedEpoch() || end.endOffset() < asked.fetchOffset());
        return diverges ? new EpochEndOffset().setEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()) : null;
    }

    private PartitionData failure(RuntimeException failed) {
        PartitionData data = FetchResponse.partitionResponse(asked.partition(), Errors.forException(failed));
        if (led != null && failed instanceof OffsetOutOfRangeException) {
            PartitionLog log = led.log();
            data.setHighWatermark(log.highWatermark()).setLogStartOffset(log.startOffset()).setLastStableOffset(log.lastStableOffset());
        }
        return data;
    }

    /** What the last {@link #read} found; null if it was sent. */
    PartitionData found() {
        return found;
    }

    /** An error or another history than the client's, which it must hear of at once. */
    boolean isUrgent() {
        return found.errorCode() != Errors.NONE.code() || found.divergingEpoch().epoch() >= 0;
    }

    /** Whether the client should know better where the leader is (KIP-951). */
    boolean isLedOtherwise() {
        return led != null && refused instanceof FencedLeaderEpochException;
    }

    void hint(int leaderId) {
        found.setCurrentLeader(new LeaderIdAndEpoch().setLeaderId(leaderId).setLeaderEpoch(led.leaderEpoch()));
    }

    /** Whether what was found tells the client anything it has not been told. */
    boolean isNews() {
        return isUrgent() || found.records().sizeInBytes() > 0 || found.highWatermark() != sentHighWatermark || found.logStartOffset() != sentStartOffset;
    }

    /** What was found is on its way. */
    void sent() {
        // After an error the client is told that there is none any more.
        sentHighWatermark = found.errorCode() == Errors.NONE.code() ? found.highWatermark() : -1;
        sentStartOffset = found.logStartOffset();
        found = null;
    }

    /** Whether there was nothing left to read, so that it need not be looked at until its log moves. */
    boolean isRead() {
        return !isUrgent() && asked.fetchOffset() >= limit;
    }

    /** Whether there was nothing to tell of it in two looks one after the other. */
    boolean isQuiet() {
        return quietLooks >= 2 && isRead() && !isNews();
    }

    /** Lets the log say when it moves. @return whether it moved since the last {@link #read} already */
    boolean arm(boolean committed) {
        if (refused != null) {
            return false;
        }
        PartitionLog log = led.log();
        if (armed.compareAndSet(null, log)) {
            log.addListener(this);
        }
        return limit != (committed ? log.lastStableOffset() : log.highWatermark()) || log.startOffset() > asked.fetchOffset();
    }

    void disarm() {
        PartitionLog log = armed.getAndSet(null);
        if (log != null) {
            log.removeListener(this);
        }
    }

    void forget() {
        forgotten = true;
        disarm();
    }

    boolean isForgotten() {
        return forgotten;
    }

    @Override
    public void run() {
        PartitionLog log = armed.get();
        if (log != null) {
            // In this order: were it free to be armed before, the listener that goes could be the next one, and the log would never be heard again.
            log.removeListener(this);
            if (armed.compareAndSet(log, null)) {
                session.news(this);
            }
        }
    }

    @Override
    public String toString() {
        return (topic.isEmpty() ? topicId : topic) + "-" + asked.partition();
    }
}
