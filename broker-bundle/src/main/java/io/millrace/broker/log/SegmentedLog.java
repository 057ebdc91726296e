package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition's log as a folder of segments. It is put together here, from what appends, what reads, what brings records to the disk and what tends the
 * files; {@link LogLocks} says what excludes what.
 */
final class SegmentedLog implements PartitionLog {

    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);

    private final TopicPartition partition;
    private final Uuid topicId;
    private final Clock clock;
    private final LogLocks locks = LogLocks.create();
    private final LogPlace place;
    private final OpenSegments openSegments;
    private final Segments segments = new Segments();
    private final ProducerStates states;
    private final LogProducers producers;
    private final LeaderEpochs epochs;
    private final LogOffsets offsets;
    private final Availability availability;
    private final LogFlush flush;
    private final LogCheckpoint checkpoint;
    private final ProducerSnapshots snapshots;
    private final LogReplay replay;
    private final LogTail tail;
    private final LogAppender appender;
    private final LogReader reader;
    private final LogFiles files;
    private volatile LogConfig config;
    private volatile LogLimits limits;

    /** To be opened before anything else. @param producerExpirationMs after which idle producers are forgotten */
    SegmentedLog(PartitionFolder folder, TopicPartition partition, Uuid topicId, LogConfig config, Clock clock, LogDir dir, OpenSegments openSegments,
            long producerExpirationMs) throws IOException {
        this.partition = partition;
        this.topicId = topicId;
        this.config = config;
        this.limits = LogLimits.of(config);
        this.clock = clock;
        this.place = new LogPlace(folder, dir);
        this.openSegments = openSegments;
        this.states = new ProducerStates(partition);
        this.producers = new LogProducers(states, locks.appending(), clock, producerExpirationMs);
        this.epochs = new LeaderEpochs(folder.leaderEpochs());
        this.offsets = new LogOffsets(states);
        DurableOffset durable = new DurableOffset();
        this.availability = new Availability(partition, place, durable, offsets);
        this.flush = new LogFlush(partition, topicId, place, segments, offsets, durable, availability, locks);
        this.snapshots = new ProducerSnapshots(folder);
        this.checkpoint = new LogCheckpoint(locks, segments, states, snapshots, epochs, offsets, flush, availability);
        this.replay = new LogReplay(segments, states, epochs);
        this.tail = new LogTail(place, segments, offsets, replay, epochs, flush, checkpoint, openSegments, clock);
        this.appender = new LogAppender(partition, place, states, tail, offsets, availability);
        this.reader = new LogReader(partition, segments, offsets, availability);
        this.files = new LogFiles(partition, place, locks, segments, offsets, epochs, tail, flush, checkpoint, availability, openSegments);
    }

    /** Finds the segments and brings them into order. */
    void open(LogRecovery.Known known) throws IOException {
        PartitionFolder folder = place.folder();
        PartitionFolder.Content content = folder.content();
        LostRecords lost = new LostRecords(folder.path(), dir().journaled(topicId, partition.partition()));
        new LogRecovery(folder, limits.indexIntervalBytes(), openSegments, lost).open(segments, content.logs(), known);
        tail.begin(known.startOffset());
        long found = offsets.end();
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
        boolean restored = lost.restore(tail, limits, clock.millis());
        if (offsets.end() < known.startOffset()) {
            // Deleted by request before they were on stable storage: their offsets are not given again, they would be hidden by the next start.
            tail.skipTo(known.startOffset());
        }
        if (restored || !known.clean()) {
            flush.run();
        }
        offsets.startAt(Math.min(Math.max(known.startOffset(), segments.first().baseOffset()), offsets.end()));
        offsets.advance(offsets.end());
    }

    @Override
    public Appended append(MemoryRecords records, Origin origin, int leaderEpoch, boolean mustBeDurable, Verification verification) {
        LogLimits limit = limits;
        boolean waits = mustBeDurable && !limit.writeCaching();
        Appended appended;
        locks.appending().lock();
        try {
            appended = appender.append(records, origin, leaderEpoch, verification, limit, clock.millis(), waits);
            if (!appended.duplicate()) {
                if (waits) {
                    offsets.withhold();
                } else {
                    offsets.appended(appended.firstOffset());
                }
            }
        } finally {
            locks.appending().unlock();
        }
        if (!waits) {
            offsets.tell();
            flush.requestInTime(appended.lastOffset() + 1, limit);
        }
        return appended;
    }

    @Override
    public void requestDurable() {
        if (!limits.writeCaching()) {
            flush.request();
        }
    }

    @Override
    public void commit() {
        if (!limits.writeCaching()) {
            flush.commit();
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

    @Override
    public Records read(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        return reader.read(offset, maxBytes, maxOffset, minOneBatch);
    }

    @Override
    public Committed readCommitted(long offset, int maxBytes, long maxOffset, boolean minOneBatch) {
        return reader.readCommitted(offset, maxBytes, maxOffset, minOneBatch);
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return reader.abortedTransactions(fromOffset, toOffset);
    }

    @Override
    public Optional<TimestampAndOffset> offsetForTimestamp(long timestamp, long maxOffset) {
        return reader.offsetForTimestamp(timestamp, maxOffset);
    }

    @Override
    public Optional<TimestampAndOffset> maxTimestamp() {
        return reader.maxTimestamp();
    }

    @Override
    public long startOffset() {
        return offsets.start();
    }

    @Override
    public long endOffset() {
        return offsets.end();
    }

    @Override
    public long highWatermark() {
        return offsets.highWatermark();
    }

    @Override
    public long lastStableOffset() {
        return offsets.lastStable();
    }

    @Override
    public void addListener(Runnable moved) {
        offsets.addListener(moved);
    }

    @Override
    public void removeListener(Runnable moved) {
        offsets.removeListener(moved);
    }

    @Override
    public int leaderEpoch() {
        return epochs.latest();
    }

    @Override
    public EpochEnd endOfEpoch(int leaderEpoch) {
        return epochs.endOf(leaderEpoch, offsets.end());
    }

    @Override
    public int epochAt(long offset) {
        return epochs.at(offset);
    }

    @Override
    public long deleteBefore(long offset) {
        return files.deleteBefore(offset);
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
    public LogProducers producers() {
        return producers;
    }

    @Override
    public int producerCount() {
        return states.count();
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
    public boolean isOnline() {
        return availability.isOnline();
    }

    LogLimits limits() {
        return limits;
    }

    LogDir dir() {
        return place.dir();
    }

    Path folder() {
        return place.folder().path();
    }

    /** Runs it when nobody can be reading files any more that are taken out of the log now. */
    void deleteLater(LogHousekeeping.Task removal) {
        dir().housekeeping().later(limits.fileDeleteDelayMs(), removal);
    }

    LogFiles files() {
        return files;
    }

    LogFlush flush() {
        return flush;
    }

    LogCheckpoint checkpoint() {
        return checkpoint;
    }

    Availability availability() {
        return availability;
    }

    /** Refuses everything from now on; slices taken before stay readable until the log is closed. */
    void delete() {
        locks.renaming().lock();
        try {
            availability.delete();
        } finally {
            locks.renaming().unlock();
        }
        availability.tell();
    }

    /** Writes what makes the next start quick, and ends. Whether it could be written, the checkpoint tells. */
    void close() {
        flush.run();
        try {
            checkpoint.complete();
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: not closed in order, the next start recovers it: {}", folder(), e.toString());
        }
        abandon();
    }

    /** Ends without writing anything. */
    void abandon() {
        locks.renaming().lock();
        locks.appending().lock();
        try {
            availability.close();
            segments.all().forEach(this::close);
        } finally {
            locks.appending().unlock();
            locks.renaming().unlock();
        }
        availability.tell();
    }

    private void close(Segment segment) {
        try {
            segment.close();
        } catch (IOException e) {
            LOG.debug("closing {}", segment.path(".log"), e);
        }
    }
}
