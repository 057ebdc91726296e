package io.millrace.broker.log;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;

/** A partition whose log is in a folder that this start could not open. It refuses everything, since nothing is known of it. */
final class OfflineLog implements PartitionLog {

    private final TopicPartition partition;
    private final Uuid topicId;
    private volatile LogConfig config;

    OfflineLog(TopicPartition partition, Uuid topicId, LogConfig config) {
        this.partition = partition;
        this.topicId = topicId;
        this.config = config;
    }

    private KafkaStorageException offline() {
        return new KafkaStorageException(partition + " is offline: it is in none of the log folders that work; repair the one that is missing, then restart");
    }

    @Override
    public TopicPartition topicPartition() {
        return partition;
    }

    @Override
    public Uuid topicId() {
        return topicId;
    }

    @Override
    public LogConfig config() {
        return config;
    }

    @Override
    public void reconfigure(LogConfig changed) {
        config = changed;
    }

    @Override
    public Appended append(MemoryRecords records, Origin origin, int leaderEpoch, boolean durable, Verification verification) {
        throw offline();
    }

    @Override
    public void awaitDurable(long offset) {
        throw offline();
    }

    @Override
    public void requestDurable() {
        // There is nothing.
    }

    @Override
    public void commit() {
        // Likewise.
    }

    @Override
    public boolean whenDurable(long offset, Runnable then) {
        return false;
    }

    @Override
    public long startOffset() {
        throw offline();
    }

    @Override
    public long endOffset() {
        throw offline();
    }

    @Override
    public long highWatermark() {
        throw offline();
    }

    @Override
    public long lastStableOffset() {
        throw offline();
    }

    @Override
    public int leaderEpoch() {
        return -1;
    }

    @Override
    public Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        throw offline();
    }

    @Override
    public Committed readCommitted(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        throw offline();
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        throw offline();
    }

    @Override
    public Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset) {
        throw offline();
    }

    @Override
    public Optional<TimestampAndOffset> maxTimestamp() {
        throw offline();
    }

    @Override
    public EpochEnd endOfEpoch(int leaderEpoch) {
        throw offline();
    }

    @Override
    public int epochAt(long offset) {
        throw offline();
    }

    @Override
    public long deleteBefore(long offset) {
        throw offline();
    }

    @Override
    public long size() {
        return 0;
    }

    @Override
    public int segments() {
        return 0;
    }

    @Override
    public int producerCount() {
        return 0;
    }

    @Override
    public boolean isOnline() {
        return false;
    }

    @Override
    public void addListener(Runnable moved) {
        // It never moves.
    }

    @Override
    public void removeListener(Runnable moved) {
        // There are none.
    }

    @Override
    public PartitionProducers producers() {
        throw offline();
    }
}
