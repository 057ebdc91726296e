package io.millrace.broker.log;

import io.millrace.broker.log.AbortedTransactions.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition's log as a folder of segments. {@code appending} guards everything that appends changes; readers go by the segments' published
 * positions and the volatile marks. {@code flushing} serialises fsyncs, so that a waiter is only told of bytes that were covered.
 */
final class SegmentedLog implements PartitionLog {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);

    private final Path folder;
    private final TopicPartition partition;
    private final Uuid topicId;
    private final Clock clock;
    private final GroupCommit groupCommit;
    private final BatchValidator validator;
    private final LeaderEpochs epochs;
    private final ProducerStates producers;
    private final ConcurrentSkipListMap<Long, Segment> segments = new ConcurrentSkipListMap<>();
    private final List<Segment> unflushed = new ArrayList<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock appending = new ReentrantLock();
    private final ReentrantLock flushing = new ReentrantLock();
    private final ReentrantLock waiting = new ReentrantLock();
    private final Condition durable = waiting.newCondition();
    private final AtomicBoolean queued = new AtomicBoolean();

    private volatile LogConfig config;
    private volatile LogLimits limits;
    private volatile long startOffset;
    private volatile long endOffset;
    private volatile long durableOffset;
    private volatile long highWatermark;
    private volatile long firstUnstable = Long.MAX_VALUE;
    private volatile KafkaStorageException failure;

    SegmentedLog(Path folder, TopicPartition partition, Uuid topicId, LogConfig config, Clock clock, GroupCommit groupCommit) throws IOException {
        this.folder = folder;
        this.partition = partition;
        this.topicId = topicId;
        this.config = config;
        this.limits = LogLimits.of(config);
        this.clock = clock;
        this.groupCommit = groupCommit;
        this.validator = new BatchValidator(partition);
        this.epochs = new LeaderEpochs(folder.resolve("leader-epoch-checkpoint"));
        this.producers = new ProducerStates(partition);
    }

    /**
     * Finds the segments and brings them into order.
     *
     * @param clean         whether the log was closed in order: then nothing is scanned but what indexes lack
     * @param recoveryPoint everything before is on stable storage and was whole
     * @param logStart      the first offset that counts
     */
    void open(boolean clean, long recoveryPoint, long logStart) throws IOException {
        List<Long> bases = new ArrayList<>();
        try (var files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(".log")) {
                    bases.add(Long.parseLong(name.substring(0, name.length() - 4)));
                } else if (name.endsWith(".deleted") || name.endsWith(".tmp")) {
                    Files.deleteIfExists(file);
                }
            }
        }
        bases.sort(Comparator.naturalOrder());
        long rebuiltFrom = Long.MAX_VALUE;
        if (bases.isEmpty()) {
            addSegment(logStart);
            DurableFile.syncFolder(folder);
        }
        for (int i = 0; i < bases.size(); i++) {
            Segment segment = Segment.open(folder, bases.get(i));
            segments.put(bases.get(i), segment);
            boolean last = i == bases.size() - 1;
            boolean whole = clean || !last && bases.get(i + 1) <= recoveryPoint;
            if (whole && segment.loadIndex()) {
                assume(segment);
                continue;
            }
            rebuiltFrom = Math.min(rebuiltFrom, bases.get(i));
            if (recover(segment, clean ? Long.MAX_VALUE : recoveryPoint)) {
                dropAfter(segment, bases.subList(i + 1, bases.size()));
                break;
            }
        }
        Segment active = segments.lastEntry().getValue();
        endOffset = active.endOffset();
        startOffset = Math.min(Math.max(logStart, segments.firstKey()), endOffset);
        restoreProducers(rebuiltFrom);
        epochs.truncateTo(endOffset);
        if (!unflushed.contains(active)) {
            unflushed.add(active);
        }
        durableOffset = clean ? endOffset : Math.min(recoveryPoint, endOffset);
        if (!clean) {
            flush();
        }
        highWatermark = endOffset;
    }

    /** Takes an intact segment as it is: only what follows its last index entry is looked at. */
    private static void assume(Segment segment) {
        long end = segment.baseOffset();
        long last = -1;
        for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBefore(Long.MAX_VALUE))) {
            end = batch.nextOffset();
            last = Math.max(last, batch.maxTimestamp());
        }
        segment.assume(end, last);
    }

    /** Rebuilds a segment's index from its batches. @return whether it was cut */
    private boolean recover(Segment segment, long trustedUntil) throws IOException {
        segment.resetIndex();
        String wrong = null;
        try {
            for (FileChannelRecordBatch batch : segment.batchesFrom(0)) {
                if (batch.baseOffset() < segment.endOffset()) {
                    wrong = "batch at byte " + batch.position() + " has offset " + batch.baseOffset() + " after " + (segment.endOffset() - 1);
                    break;
                }
                if (batch.nextOffset() > trustedUntil) {
                    batch.ensureValid();
                }
                segment.observe(batch, limits.indexIntervalBytes());
            }
        } catch (org.apache.kafka.common.KafkaException e) {
            wrong = "batch at byte " + segment.bytes() + " is not whole: " + e.getMessage();
        }
        int whole = segment.bytes();
        if (wrong == null && whole == segment.fileBytes()) {
            return false;
        }
        LOG.warn("{}/{}.log: {}; truncated from {} to {} bytes, offsets from {} on are gone", folder, Segment.name(segment.baseOffset()),
                wrong == null ? "the last batch is torn" : wrong, segment.fileBytes(), whole, segment.endOffset());
        segment.truncateTo(whole);
        return true;
    }

    private void dropAfter(Segment segment, List<Long> later) throws IOException {
        for (long base : later) {
            Path file = folder.resolve(Segment.name(base) + ".log");
            LOG.warn("{}: set aside as {}.unreachable, since {}.log before it was cut", file, file.getFileName(), Segment.name(segment.baseOffset()));
            Files.move(file, folder.resolve(Segment.name(base) + ".log.unreachable"));
        }
    }

    /**
     * Loads the newest whole snapshot and replays what follows it.
     *
     * @param rebuiltFrom first offset of the segments whose aborted transactions must be found again; no later snapshot will do
     */
    private void restoreProducers(long rebuiltFrom) throws IOException {
        long from = segments.firstKey();
        List<Long> snapshots = snapshots();
        for (int i = snapshots.size() - 1; i >= 0; i--) {
            long offset = snapshots.get(i);
            if (offset <= Math.min(endOffset, rebuiltFrom) && producers.restore(ByteBuffer.wrap(Files.readAllBytes(snapshotFile(offset))))) {
                from = offset;
                break;
            }
        }
        if (from < endOffset) {
            Map.Entry<Long, Segment> first = segments.floorEntry(from);
            for (Segment segment : segments.tailMap(first == null ? segments.firstKey() : first.getKey()).values()) {
                boolean rebuilt = segment.baseOffset() >= rebuiltFrom;
                for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBefore(from))) {
                    if (batch.baseOffset() >= from && batch.hasProducerId()) {
                        note(segment, batch, rebuilt);
                    }
                }
            }
        }
        firstUnstable = producers.firstUnstableOffset(Long.MAX_VALUE);
    }

    private List<Long> snapshots() throws IOException {
        List<Long> offsets = new ArrayList<>();
        try (var files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (name.endsWith(".snapshot")) {
                    offsets.add(Long.parseLong(name.substring(0, name.length() - ".snapshot".length())));
                }
            }
        }
        offsets.sort(Comparator.naturalOrder());
        return offsets;
    }

    private Path snapshotFile(long offset) {
        return folder.resolve(Segment.name(offset) + ".snapshot");
    }

    private void snapshot() throws IOException {
        DurableFile.replace(snapshotFile(endOffset), producers.snapshot());
        List<Long> all = snapshots();
        for (int i = 0; i < all.size() - 2; i++) {
            Files.deleteIfExists(snapshotFile(all.get(i)));
        }
    }

    private void note(Segment segment, RecordBatch batch, boolean index) throws IOException {
        AbortedTransaction aborted = producers.appended(batch);
        if (aborted != null && index) {
            long stable = producers.firstUnstableOffset(batch.lastOffset() + 1);
            segment.aborted().add(new Entry(aborted.producerId(), aborted.firstOffset(), batch.lastOffset(), stable));
        }
    }

    @Override
    public Appended append(MemoryRecords given, Origin origin, int leaderEpoch, boolean mustBeDurable) {
        boolean waits = mustBeDurable && !limits.writeCaching();
        Appended appended;
        appending.lock();
        try {
            checkOnline();
            appended = append(given, origin, leaderEpoch, clock.millis());
            if (!waits && !appended.duplicate() && highWatermark == appended.firstOffset()) {
                highWatermark = endOffset;
            }
        } finally {
            appending.unlock();
        }
        if (waits) {
            groupCommit.request(this);
        } else {
            moved();
        }
        return appended;
    }

    private Appended append(MemoryRecords given, Origin origin, int leaderEpoch, long now) {
        LogLimits limit = limits;
        MemoryRecords records = validator.validate(given, origin, limit, now);
        if (records.sizeInBytes() > limit.segmentBytes()) {
            throw new org.apache.kafka.common.errors.RecordBatchTooLargeException(partition + ": " + records.sizeInBytes()
                    + " bytes are more than segment.bytes=" + limit.segmentBytes());
        }
        for (RecordBatch batch : records.batches()) {
            ProducerState.Batch earlier = producers.admit(batch, origin);
            if (earlier != null) {
                return new Appended(earlier.firstOffset(), earlier.lastOffset(), RecordBatch.NO_TIMESTAMP, startOffset, true);
            }
        }
        boolean stamp = limit.timestampType() == TimestampType.LOG_APPEND_TIME;
        long first = endOffset;
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
            epochs.begin(leaderEpoch, first);
            Segment active = activeFor(records.sizeInBytes(), next, limit, now);
            active.append(records, first, next, maxTimestamp, limit.indexIntervalBytes());
            for (RecordBatch batch : records.batches()) {
                if (batch.hasProducerId()) {
                    note(active, batch, true);
                }
            }
        } catch (IOException e) {
            if (segments.lastEntry().getValue().endOffset() > first) {
                // The batch is in the file and not in the state beside it: what is appended next would take its offsets again.
                fail("has a batch that could not be noted", e);
                throw failure;
            }
            throw new KafkaStorageException(partition + ": nothing was appended, the disk refused it: " + e.getMessage(), e);
        }
        endOffset = next;
        firstUnstable = producers.firstUnstableOffset(Long.MAX_VALUE);
        return new Appended(first, next - 1, stamp ? now : RecordBatch.NO_TIMESTAMP, startOffset, false);
    }

    private Segment activeFor(int bytes, long nextOffset, LogLimits limit, long now) throws IOException {
        Segment active = segments.lastEntry().getValue();
        boolean full = (long) active.bytes() + bytes > limit.segmentBytes() || nextOffset - active.baseOffset() > Integer.MAX_VALUE;
        boolean old = active.bytes() > 0 && now - active.since() > limit.segmentMs();
        if (active.bytes() == 0 || !full && !old) {
            return active;
        }
        active.seal();
        snapshot();
        return addSegment(endOffset);
    }

    private Segment addSegment(long baseOffset) throws IOException {
        Segment segment = Segment.create(folder, baseOffset, clock.millis());
        segments.put(baseOffset, segment);
        unflushed.add(segment);
        return segment;
    }

    boolean markQueued() {
        return queued.compareAndSet(false, true);
    }

    void unmarkQueued() {
        queued.set(false);
    }

    /** Fsyncs what was appended up to now, and tells those who wait. An error takes the log offline: what is on disk is unknown then. */
    void flush() {
        flushing.lock();
        try {
            List<Segment> dirty;
            long target;
            boolean created;
            appending.lock();
            try {
                if (failure != null || durableOffset == endOffset) {
                    return;
                }
                dirty = List.copyOf(unflushed);
                target = endOffset;
                created = dirty.size() > 1 || durableOffset <= dirty.getLast().baseOffset();
            } finally {
                appending.unlock();
            }
            for (Segment segment : dirty) {
                segment.flush();
            }
            if (created) {
                DurableFile.syncFolder(folder);
            }
            appending.lock();
            try {
                unflushed.removeAll(dirty.subList(0, dirty.size() - 1));
                durableOffset = target;
                highWatermark = Math.max(highWatermark, target);
            } finally {
                appending.unlock();
            }
        } catch (IOException | RuntimeException e) {
            fail("cannot be made durable", e);
        } finally {
            flushing.unlock();
        }
        signal();
        moved();
    }

    private void fail(String what, Exception e) {
        failure = new KafkaStorageException(folder + " " + what + ", the log is offline until restart: " + e.getMessage(), e);
        LOG.error(failure.getMessage(), e);
        signal();
        moved();
    }

    private void signal() {
        waiting.lock();
        try {
            durable.signalAll();
        } finally {
            waiting.unlock();
        }
    }

    private void moved() {
        for (Runnable listener : listeners) {
            listener.run();
        }
    }

    @Override
    public void awaitDurable(long offset) throws InterruptedException {
        if (durableOffset >= offset || limits.writeCaching()) {
            return;
        }
        groupCommit.request(this);
        waiting.lock();
        try {
            while (durableOffset < offset) {
                checkOnline();
                durable.await();
            }
        } finally {
            waiting.unlock();
        }
    }

    private void checkOnline() {
        if (failure != null) {
            throw new KafkaStorageException(failure.getMessage());
        }
    }

    @Override
    public Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        checkOnline();
        long end = endOffset;
        if (offset < startOffset || offset > end) {
            throw new OffsetOutOfRangeException(partition + ": offset " + offset + " is outside of " + startOffset + " to " + end);
        }
        Map.Entry<Long, Segment> entry = segments.floorEntry(offset);
        while (entry != null && offset < Math.min(maxOffset, end)) {
            Records records = entry.getValue().read(offset, maxBytes, maxOffset, minOneBatch);
            if (records.sizeInBytes() > 0 || entry.getValue().endOffset() > offset) {
                return records;
            }
            entry = segments.higherEntry(entry.getKey());
        }
        return MemoryRecords.EMPTY;
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        List<Entry> entries = new ArrayList<>();
        Map.Entry<Long, Segment> first = segments.floorEntry(fromOffset);
        for (Segment segment : segments.tailMap(first == null ? 0L : first.getKey()).values()) {
            segment.aborted().collect(fromOffset, toOffset, entries);
        }
        return entries.stream().sorted(Comparator.comparingLong(Entry::firstOffset)).map(Entry::toFetchResponse).toList();
    }

    @Override
    public Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset) {
        for (Segment segment : segments.values()) {
            if (segment.maxTimestamp() < timestamp) {
                continue;
            }
            for (FileChannelRecordBatch batch : segment.batchesFrom(segment.positionBeforeTime(timestamp))) {
                if (batch.baseOffset() >= maxOffset) {
                    return Optional.empty();
                }
                if (batch.maxTimestamp() < timestamp || batch.lastOffset() < startOffset) {
                    continue;
                }
                for (Record record : batch) {
                    if (record.timestamp() >= timestamp && record.offset() >= startOffset && record.offset() < maxOffset) {
                        return Optional.of(new TimestampAndOffset(record.timestamp(), record.offset(), epochOf(batch)));
                    }
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<TimestampAndOffset> maxTimestamp() {
        Segment newest = segments.values().stream().max(Comparator.comparingLong(Segment::maxTimestamp)).orElseThrow();
        if (newest.maxTimestamp() < 0) {
            return Optional.empty();
        }
        long greatest = newest.maxTimestamp();
        return offsetForTimestamp(greatest, endOffset);
    }

    private static Optional<Integer> epochOf(RecordBatch batch) {
        return batch.partitionLeaderEpoch() < 0 ? Optional.empty() : Optional.of(batch.partitionLeaderEpoch());
    }

    @Override
    public EpochEnd endOfEpoch(int leaderEpoch) {
        appending.lock();
        try {
            return epochs.endOf(leaderEpoch, endOffset);
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
                DurableFile.replace(folder.resolve("log-start-offset"), Long.toString(offset));
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
        appending.lock();
        try {
            LogLimits limit = limits;
            long size = size();
            while (true) {
                Map.Entry<Long, Segment> first = segments.firstEntry();
                Segment segment = first.getValue();
                boolean active = segments.size() == 1;
                boolean unread = segment.endOffset() > Math.min(highWatermark, firstUnstable);
                boolean before = segment.endOffset() <= startOffset;
                boolean old = limit.deleted() && limit.retentionMs() >= 0 && segment.maxTimestamp() >= 0 && now - segment.maxTimestamp() > limit.retentionMs();
                boolean large = limit.deleted() && limit.retentionBytes() >= 0 && size - segment.bytes() >= limit.retentionBytes();
                if (unread || segment.bytes() == 0 || !(before || old || large && !active)) {
                    break;
                }
                if (active) {
                    segment.seal();
                    snapshot();
                    addSegment(endOffset);
                }
                segments.remove(first.getKey());
                unflushed.remove(segment);
                size -= segment.bytes();
                segment.retire();
                gone.add(segment);
                startOffset = Math.max(startOffset, segments.firstKey());
            }
            producers.expire(now - producerExpirationMs);
        } finally {
            appending.unlock();
        }
        return gone;
    }

    private volatile long producerExpirationMs = 86_400_000;

    void producerExpiration(long millis) {
        producerExpirationMs = millis;
    }

    /** Refuses everything from now on; slices taken before stay readable until the log is closed. */
    void takeOffline() {
        failure = new KafkaStorageException(partition + " is deleted");
        signal();
        moved();
    }

    /** @param clean whether to write what makes the next open quick */
    void close(boolean clean) throws IOException {
        if (clean) {
            flush();
        }
        appending.lock();
        try {
            if (clean && failure == null) {
                for (Segment segment : segments.values()) {
                    if (segment == segments.lastEntry().getValue()) {
                        segment.seal();
                    }
                }
                snapshot();
            }
            failure = new KafkaStorageException(partition + " is closed");
            for (Segment segment : segments.values()) {
                segment.close();
            }
        } finally {
            appending.unlock();
        }
        signal();
        moved();
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
        return endOffset;
    }

    long durableOffset() {
        return durableOffset;
    }

    @Override
    public long highWatermark() {
        return highWatermark;
    }

    @Override
    public long lastStableOffset() {
        return Math.min(highWatermark, firstUnstable);
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
        return segments.values().stream().mapToLong(Segment::bytes).sum();
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
        return folder;
    }

    LogLimits limits() {
        return limits;
    }
}
