package io.millrace.broker.log;

import io.millrace.broker.log.clean.CleanableLog;
import io.millrace.broker.log.clean.CleanableSegment;
import io.millrace.broker.log.clean.CleanedSegment;
import io.millrace.broker.log.clean.CompactionPolicy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** A log of this store for the cleaner. */
record CompactedLog(SegmentedLog log) implements CleanableLog {

    record Source(Segment segment) implements CleanableSegment {

        @Override
        public long baseOffset() {
            return segment.baseOffset();
        }

        @Override
        public int bytes() {
            return segment.bytes();
        }

        @Override
        public long firstTimestamp() {
            return segment.firstTimestamp();
        }

        @Override
        public long maxTimestamp() {
            return segment.maxTimestamp();
        }

        @Override
        public int positionBefore(long offset) {
            return segment.positionBefore(offset);
        }

        @Override
        public void readInto(ByteBuffer buffer, int position) throws IOException {
            // Who reads here unpacks what it finds.
            NativeLz4.load();
            segment.readInto(buffer, position);
        }

        @Override
        public String toString() {
            return segment.path(".log").toString();
        }
    }

    @Override
    public TopicPartition partition() {
        return log.topicPartition();
    }

    @Override
    public CompactionPolicy policy() {
        LogConfig config = log.config();
        return new CompactionPolicy(config.compacted(), Double.parseDouble(config.get("min.cleanable.dirty.ratio")), config.getLong("min.compaction.lag.ms"),
                config.getLong("max.compaction.lag.ms"), config.getLong("delete.retention.ms"), log.limits().segmentBytes(),
                config.getInt("segment.index.bytes"), config.getInt("index.interval.bytes"), config.getInt("max.message.bytes"));
    }

    @Override
    public boolean isOnline() {
        return log.isOnline();
    }

    @Override
    public long startOffset() {
        return log.startOffset();
    }

    @Override
    public long endOffset() {
        return log.endOffset();
    }

    @Override
    public long settledOffset() {
        return Math.min(log.lastStableOffset(), log.flush().durableOffset());
    }

    @Override
    public List<Source> segments() {
        return log.files().segments().all().stream().map(Source::new).toList();
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return log.files().segments().aborted(fromOffset, toOffset).stream()
                .map(entry -> new AbortedTransaction(entry.producerId(), entry.firstOffset(), entry.lastOffset(), entry.lastStableOffset())).toList();
    }

    @Override
    public Map<Long, LastRecord> lastRecordsOfProducers() {
        return log.producers().lastRecords();
    }

    @Override
    public CleanedSegment begin(long baseOffset) throws IOException {
        return CleanedFile.create(log, baseOffset);
    }
}
