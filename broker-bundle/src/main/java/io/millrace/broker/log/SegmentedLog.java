package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import io.millrace.broker.log.clean.CleanableLog.LastRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition's log as a folder of segments. {@code appending} guards everything that appends changes; readers go by the segments' published
 * positions and the volatile marks.
 */
final class SegmentedLog implements PartitionLog {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);
    /** Aborted transactions beyond what was read are harmless; only when they are many it pays to look where it ends. */
    private static final int MANY_ABORTED = 64;
    private final TopicPartition partition;
    private final Uuid topicId;
    private final Clock clock;
    private final OpenSegments openSegments;
    private final LogTail tail;
    private final BatchValidator validator;
    private final LeaderEpochs epochs;
    private final ProducerStates producers;
    private final ProducerSnapshots snapshots;
    private final Segments segments = new Segments();
    private final LogReplay replay;
    private final LogFlush flush;
    private final LogCheckpoint checkpoint;
    private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
    /** Held by whoever writes, renames or removes files beside the active segment's; taken before the flush's and {@code appending}. */
    private final ReentrantLock renaming = new ReentrantLock();
    private final ReentrantLock appending = new ReentrantLock();

    /** Both change together, when the log is moved, under all of the locks. */
    private volatile PartitionFolder folder;
    private volatile LogDir dir;
    private volatile LogConfig config;
    private volatile LogLimits limits;
    private volatile long startOffset;
    private volatile long highWatermark;
    private volatile long firstUnstable = Long.MAX_VALUE;
    private volatile long producerExpirationMs = 86_400_000;
    private volatile KafkaStorageException failure;
    private volatile boolean gone;
    /** Of the checkpoint's thread. */
    private long endAtCheckpoint = -1;

    SegmentedLog(Path folder, TopicPartition partition, Uuid topicId, LogConfig config, Clock clock, LogDir dir, OpenSegments openSegments)
            throws IOException {
        this.folder = new PartitionFolder(folder);
        this.partition = partition;
        this.topicId = topicId;
        this.config = config;
        this.limits = LogLimits.of(config);
        this.clock = clock;
        this.dir = dir;
        this.openSegments = openSegments;
        this.validator = new BatchValidator(partition);
        this.epochs = new LeaderEpochs(this.folder.leaderEpochs());
        this.producers = new ProducerStates(partition);
        this.snapshots = new ProducerSnapshots(this.folder);
        this.replay = new LogReplay(segments, producers, epochs);
        this.flush = new LogFlush(this, appending);
        this.checkpoint = new LogCheckpoint(appending, segments, producers, snapshots, epochs);
        this.tail = new LogTail(() -> this.folder, segments, replay, epochs, flush, checkpoint, openSegments, clock);
    }

    /** Finds the segments and brings them into order. */
    void open(LogRecovery.Known known) throws IOException {
        PartitionFolder.Content content = folder.content();
        new LogRecovery(folder, limits.indexIntervalBytes(), openSegments).open(segments, content.logs(), known);
        tail.begin(known.startOffset());
        long found = tail.endOffset();
        snapshots.found(content.snapshots(), found);
        replay.restore(snapshots, found, known.trustedUntil());
        epochs.truncateTo(found);
        segments.all().forEach(segment -> segment.aborted().suspect(new MarkersInLog(partition, segments, segment)));
        for (Segment segment : segments.from(known.clean() ? found : known.recoveryPoint())) {
            flush.includes(segment);
            if (segment != segments.active()) {
                checkpoint.seal(segment);
            }
        }
        flush.begin(known.clean() ? found : Math.min(known.recoveryPoint(), found));
        checkpoint.begin(flush.durableOffset(), known.endOffset());
        boolean restored = new LostRecords(folder.path(), tail, limits, clock.millis()).restore(dir.journaled(topicId, partition.partition()));
        if (tail.endOffset() < known.startOffset()) {
            // Deleted by request before they were on stable storage: their offsets are not given again, they would be hidden by the next start.
            tail.skipTo(known.startOffset());
        }
        if (restored || !known.clean()) {
            flush();
        }
        startOffset = Math.min(Math.max(known.startOffset(), segments.first().baseOffset()), tail.endOffset());
        advance(tail.endOffset());
    }

    private void advance(long mark) {
        highWatermark = mark;
        firstUnstable = producers.firstUnstableOffset(mark);
    }

    @Override
    public Appended append(MemoryRecords given, Origin origin, int leaderEpoch, boolean mustBeDurable, Verification verification) {
        boolean waits = mustBeDurable && !limits.writeCaching();
        Appended appended;
        appending.lock();
        try {
            checkOnline();
            if (!origin.isCoordinator()) {
                dir.space().check();
            }
            appended = append(given, origin, leaderEpoch, verification, clock.millis());
            if (!waits && !appended.duplicate() && highWatermark == appended.firstOffset()) {
                advance(tail.endOffset());
            }
        } finally {
            appending.unlock();
        }
        if (!waits) {
            moved();
            flush.requestInTime(appended.lastOffset() + 1, limits);
        }
        return appended;
    }

    private Appended append(MemoryRecords given, Origin origin, int leaderEpoch, Verification verification, long now) {
        LogLimits limit = limits;
        MemoryRecords records = validator.validate(given, origin, limit, now);
        if (records.sizeInBytes() > limit.segmentBytes()) {
            throw new org.apache.kafka.common.errors.RecordBatchTooLargeException(partition + ": " + records.sizeInBytes()
                    + " bytes are more than segment.bytes=" + limit.segmentBytes());
        }
        for (RecordBatch batch : records.batches()) {
            ProducerState.Batch earlier = producers.admit(batch, origin, verification);
            if (earlier != null) {
                return new Appended(earlier.firstOffset(), earlier.lastOffset(), earlier.timestamp(), startOffset, true);
            }
        }
        boolean stamp = limit.timestampType() == TimestampType.LOG_APPEND_TIME;
        long first = tail.endOffset();
        long next = first;
        long maxTimestamp = -1;
        for (MutableRecordBatch batch : records.batches()) {
            next += batch.countOrNull();
            batch.setLastOffset(next - 1);
            batch.setPartitionLeaderEpoch(leaderEpoch);
            if (stamp) {
                batch.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, now);
            }
            maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        }
        try {
            tail.write(records, next, maxTimestamp, leaderEpoch, limit, now);
        } catch (IOException e) {
            if (segments.active().endOffset() > first) {
                // The batch is in the file and not in the state beside it: what is appended next would take its offsets again.
                fail("has a batch that could not be noted", e);
                throw failure;
            }
            dir.space().look();
            if (!DiskSpace.isShortage(e)) {
                fail("cannot be written", e);
                throw failure;
            }
            throw new KafkaStorageException(partition + ": nothing was appended, the disk refused it: " + e.getMessage(), e);
        }
        firstUnstable = producers.firstUnstableOffset(highWatermark);
        return new Appended(first, next - 1, stamp ? now : RecordBatch.NO_TIMESTAMP, startOffset, false);
    }

    /** Brings to disk what was appended, and beside it what the next start would otherwise have to read the log for. */
    void checkpoint() throws IOException {
        long end = tail.endOffset();
        // What the journal has need not be synced, unless nothing comes any more that would make the journal ask for it.
        if (flush.durableOffset() < end || flush.syncedOffset() < end && endAtCheckpoint == end) {
            flush();
        }
        endAtCheckpoint = end;
        store(false);
    }

    /** @param complete whether the active segment's index and the producers are stored whatever little has changed */
    private void store(boolean complete) throws IOException {
        renaming.lock();
        try {
            checkpoint.store(complete, () -> failure == null ? new LogCheckpoint.Reached(flush.syncedOffset(), tail.endOffset()) : null);
        } finally {
            renaming.unlock();
        }
    }

    /** Up to where everything is on stable storage and has its indexes there: recovery looks at what follows. */
    long recoveryPoint() {
        return checkpoint.recoveryPoint();
    }

    /** Fsyncs what was appended up to now. */
    void flush() {
        flush.run();
    }

    /** What is before the offset is on stable storage. With {@code appending} held. */
    void advanceTo(long offset) {
        advance(Math.max(highWatermark, offset));
    }

    void fail(String what, Exception e) {
        KafkaStorageException reason = new KafkaStorageException(folder.path() + " " + what + ", the log is offline until restart: " + e.getMessage(), e);
        LOG.error(reason.getMessage(), e);
        fail(reason);
        dir.suspect(e);
    }

    /** Refuses everything from now on. What is on disk is unknown, so nothing more is written there. */
    void fail(KafkaStorageException reason) {
        if (failure == null) {
            checkpoint.doubt();
            failure = reason;
        }
        flush.signal();
        moved();
    }

    void moved() {
        for (Runnable listener : listeners) {
            listener.run();
        }
    }

    @Override
    public void requestDurable() {
        if (!limits.writeCaching()) {
            flush.request();
        }
    }

    @Override
    public void awaitDurable(long offset) throws InterruptedException {
        if (!limits.writeCaching()) {
            flush.await(offset);
        }
    }

    @Override
    public boolean whenDurable(long offset, Runnable then) {
        return !limits.writeCaching() && flush.whenDurable(offset, then);
    }

    void checkOnline() {
        if (failure != null) {
            throw new KafkaStorageException(failure.getMessage());
        }
    }

    @Override
    public Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        checkOnline();
        long end = tail.endOffset();
        if (offset < startOffset || offset > end) {
            throw new OffsetOutOfRangeException(partition + ": offset " + offset + " is outside of " + startOffset + " to " + end);
        }
        return offset < Math.min(maxOffset, end) ? segments.read(offset, maxBytes, maxOffset, minOneBatch) : MemoryRecords.EMPTY;
    }

    @Override
    public Committed readCommitted(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        return segments.unchanged(() -> {
            Records records = read(offset, maxBytes, maxOffset, minOneBatch);
            if (records.sizeInBytes() == 0) {
                return new Committed(records, List.of());
            }
            List<AbortedTransaction> aborted = abortedTransactions(offset, maxOffset);
            if (aborted.size() > MANY_ABORTED) {
                aborted = records.lastBatch().map(last -> abortedTransactions(offset, last.nextOffset())).orElse(aborted);
            }
            return new Committed(records, aborted);
        });
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return segments.aborted(fromOffset, toOffset).stream().sorted(Comparator.comparingLong(Entry::firstOffset)).map(Entry::toFetchResponse).toList();
    }

    private <T> T lookUp(Supplier<T> search) {
        try {
            return search.get();
        } catch (KafkaException | IllegalArgumentException damaged) {
            throw new CorruptRecordException(partition + ": the log is damaged where a time is looked for: " + damaged.getMessage(), damaged);
        }
    }

    @Override
    public Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset) {
        return lookUp(() -> new TimestampSearch(segments).atOrAfter(timestamp, startOffset, maxOffset));
    }

    @Override
    public Optional<TimestampAndOffset> maxTimestamp() {
        return lookUp(() -> new TimestampSearch(segments).greatest(startOffset, tail.endOffset()));
    }

    @Override
    public EpochEnd endOfEpoch(int leaderEpoch) {
        appending.lock();
        try {
            return epochs.endOf(leaderEpoch, tail.endOffset());
        } finally {
            appending.unlock();
        }
    }

    @Override
    public int epochAt(long offset) {
        appending.lock();
        try {
            return epochs.at(offset);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public long deleteBefore(long offset) {
        appending.lock();
        try {
            checkOnline();
            if (offset > highWatermark || offset < 0) {
                throw new OffsetOutOfRangeException(partition + ": cannot delete before offset " + offset + ", the high watermark is " + highWatermark);
            }
            if (offset > startOffset) {
                folder.writeStartOffset(offset);
                startOffset = offset;
            }
        } catch (IOException e) {
            throw new KafkaStorageException(partition + ": the new start offset cannot be stored: " + e.getMessage(), e);
        } finally {
            appending.unlock();
        }
        return startOffset;
    }

    /** Takes out segments that retention no longer wants; the caller deletes them after the delay. */
    List<Segment> retire(long now) throws IOException {
        List<Segment> gone = new ArrayList<>();
        renaming.lock();
        appending.lock();
        try {
            Retention retention = new Retention(limits, size(), startOffset, Math.min(highWatermark, firstUnstable), now);
            for (Segment segment = segments.first(); retention.takes(segment, segments.count() == 1); segment = segments.first()) {
                if (segments.count() == 1) {
                    tail.roll();
                }
                segments.remove(segment);
                flush.forget(List.of(segment));
                checkpoint.forget(List.of(segment));
                segment.retire();
                gone.add(segment);
                startOffset = Math.max(startOffset, segments.first().baseOffset());
            }
            if (!gone.isEmpty()) {
                epochs.startAt(startOffset);
            }
            producers.expire(now - producerExpirationMs);
        } finally {
            appending.unlock();
            renaming.unlock();
        }
        return gone;
    }

    void producerExpiration(long millis) {
        producerExpirationMs = millis;
    }

    /** Makes a copy of this log's folder complete, which is durable and has the log's name on return. */
    interface Completion {
        PartitionFolder finish() throws IOException;
    }

    /**
     * Goes on in a copy in another folder. Appends wait meanwhile, and nothing changes in this one; on failure the log stays here.
     *
     * @return the folder where the log was
     */
    PartitionFolder relocate(LogDir to, Completion completion) throws IOException {
        PartitionFolder before;
        renaming.lock();
        flush.lock().lock();
        appending.lock();
        try {
            flush();
            checkOnline();
            store(true);
            before = folder;
            PartitionFolder after = completion.finish();
            segments.all().forEach(segment -> segment.moveTo(after));
            epochs.moveTo(after.leaderEpochs());
            snapshots.moveTo(after);
            folder = after;
            dir = to;
        } finally {
            appending.unlock();
            flush.lock().unlock();
            renaming.unlock();
        }
        return before;
    }

    LogDir dir() {
        return dir;
    }

    /** Whether nobody will look for its records any more. */
    boolean isGone() {
        return gone;
    }

    /** Refuses everything from now on; slices taken before stay readable until the log is closed. */
    void takeOffline() {
        renaming.lock();
        try {
            failure = new KafkaStorageException(partition + " is deleted");
            gone = true;
        } finally {
            renaming.unlock();
        }
        flush.signal();
        moved();
    }

    /** Writes what makes the next start quick, and ends. Whether it could be written, {@link #isComplete} tells. */
    void close() {
        flush();
        try {
            complete();
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: not closed in order, the next start recovers it: {}", folder.path(), e.toString());
        }
        abandon();
    }

    /** Ends without writing anything. */
    void abandon() {
        renaming.lock();
        appending.lock();
        try {
            failure = new KafkaStorageException(partition + " is closed");
            for (Segment segment : segments.all()) {
                segment.close();
            }
        } catch (IOException e) {
            LOG.debug("closing {}", folder.path(), e);
        } finally {
            appending.unlock();
            renaming.unlock();
        }
        flush.signal();
        moved();
    }

    /** Whether nothing was appended for a while, since before it was last made complete. Asked once per checkpoint. */
    boolean isIdle() {
        return checkpoint.isIdle(tail.endOffset()) && failure == null;
    }

    /** Nothing is left for the next start to look for. */
    void complete() throws IOException {
        appending.lock();
        try {
            if (failure != null || checkpoint.isStored(tail.endOffset())) {
                return;
            }
            segments.active().seal();
        } finally {
            appending.unlock();
        }
        store(true);
    }

    /** Whether it was closed so that nothing is left for the next start to look for. */
    boolean isComplete() {
        return checkpoint.isComplete(tail.endOffset());
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
        limits = LogLimits.of(changed);
        config = changed;
    }

    @Override
    public long startOffset() {
        return startOffset;
    }

    @Override
    public long endOffset() {
        return tail.endOffset();
    }

    long durableOffset() {
        return flush.durableOffset();
    }

    /** Up to where the log's own files are on stable storage. */
    long syncedOffset() {
        return flush.syncedOffset();
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public long lastStableOffset() {
        // Records of an open transaction may have been deleted by request.
        return Math.min(highWatermark, Math.max(firstUnstable, startOffset));
    }

    @Override
    public int leaderEpoch() {
        appending.lock();
        try {
            return epochs.latest();
        } finally {
            appending.unlock();
        }
    }

    @Override
    public long size() {
        return segments.bytes();
    }

    @Override
    public int segments() {
        return segments.count();
    }

    @Override
    public int producerCount() {
        return producers.count();
    }

    @Override
    public boolean isOnline() {
        return failure == null;
    }

    @Override
    public void addListener(Runnable moved) {
        listeners.add(moved);
    }

    @Override
    public void removeListener(Runnable moved) {
        listeners.remove(moved);
    }

    @Override
    public Verification verify(long producerId, short epoch, int sequence, boolean fromZero) {
        appending.lock();
        try {
            return producers.verify(producerId, epoch, sequence, fromZero, clock.millis());
        } finally {
            appending.unlock();
        }
    }

    @Override
    public boolean isVerified(long producerId, short epoch, Verification verification) {
        appending.lock();
        try {
            return producers.isVerified(producerId, epoch, verification);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public void refused(long producerId, Verification verification) {
        appending.lock();
        try {
            producers.refused(producerId, verification);
        } finally {
            appending.unlock();
        }
    }

    @Override
    public List<ActiveProducer> producers() {
        appending.lock();
        try {
            return producers.producers().stream().map(producer -> new ActiveProducer(producer.producerId(), producer.epoch(), producer.lastSequence(),
                    producer.lastTimestamp(), producer.coordinatorEpoch(), producer.transactionStart())).toList();
        } finally {
            appending.unlock();
        }
    }

    Path folder() {
        return folder.path();
    }

    PartitionFolder files() {
        return folder;
    }

    /** A segment that is whole on disk and not part of the log yet. */
    Segment sealed(long baseOffset, long endOffset) {
        return Segment.sealed(folder, baseOffset, endOffset, openSegments);
    }

    Segments allSegments() {
        return segments;
    }

    ReentrantLock renaming() {
        return renaming;
    }

    /** Lets readers see a segment in the place of others, whose files the caller closes when nobody can be reading them any more. */
    void replaced(List<Segment> old, Segment with) {
        flush.lock().lock();
        appending.lock();
        try {
            flush.forget(old);
            checkpoint.forget(old);
            segments.replace(old, with);
        } finally {
            appending.unlock();
            flush.lock().unlock();
        }
    }

    Map<Long, LastRecord> lastRecordsOfProducers() {
        appending.lock();
        try {
            return producers.lastRecords();
        } finally {
            appending.unlock();
        }
    }

    LogLimits limits() {
        return limits;
    }
}
