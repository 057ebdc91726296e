package io.millrace.broker.log.clean;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A log without files, for tests of what the cleaner decides. */
final class MemoryLog implements CleanableLog {

    final class Piece implements CleanableSegment {

        private final long base;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final List<AbortedTransaction> aborted = new ArrayList<>();

        private Piece(long base) {
            this.base = base;
        }

        @Override
        public long baseOffset() {
            return base;
        }

        @Override
        public int bytes() {
            return bytes.size();
        }

        @Override
        public long firstTimestamp() {
            for (RecordBatch batch : batches().batches()) {
                return batch.maxTimestamp();
            }
            return -1;
        }

        @Override
        public long maxTimestamp() {
            long max = -1;
            for (RecordBatch batch : batches().batches()) {
                max = Math.max(max, batch.maxTimestamp());
            }
            return max;
        }

        @Override
        public int positionBefore(long offset) {
            int position = 0;
            for (RecordBatch batch : batches().batches()) {
                if (batch.lastOffset() >= offset) {
                    break;
                }
                position += batch.sizeInBytes();
            }
            return position;
        }

        @Override
        public void readInto(ByteBuffer buffer, int position) {
            byte[] all = bytes.toByteArray();
            buffer.put(all, position, Math.min(buffer.remaining(), all.length - position)).flip();
        }

        MemoryRecords batches() {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes.toByteArray()));
        }

        byte[] content() {
            return bytes.toByteArray();
        }

        @Override
        public String toString() {
            return base + ".log";
        }
    }

    private final TopicPartition partition;
    private final TreeMap<Long, Piece> pieces = new TreeMap<>();
    private final Map<Long, Long> open = new TreeMap<>();
    private final Map<Long, LastRecord> producers = new HashMap<>();
    private CompactionPolicy policy;
    private long startOffset;
    private long endOffset;
    private long durableOffset = Long.MAX_VALUE;
    private boolean online = true;
    private RuntimeException unreadable;

    MemoryLog(String topic, CompactionPolicy policy) {
        this.partition = new TopicPartition(topic, 0);
        this.policy = policy;
        pieces.put(0L, new Piece(0));
    }

    /** Appends a batch that no producer counts. */
    void append(Compression codec, SimpleRecord... records) {
        append(MemoryRecords.withRecords(RecordBatch.MAGIC_VALUE_V2, endOffset, codec, TimestampType.CREATE_TIME, records));
    }

    /** @param batch one, whose base offset is this log's end */
    void append(MemoryRecords batch) {
        RecordBatch header = batch.batches().iterator().next();
        Piece active = pieces.lastEntry().getValue();
        active.bytes.writeBytes(java.util.Arrays.copyOfRange(batch.buffer().array(), batch.buffer().arrayOffset() + batch.buffer().position(),
                batch.buffer().arrayOffset() + batch.buffer().limit()));
        endOffset = header.nextOffset();
        if (header.hasProducerId()) {
            LastRecord before = producers.get(header.producerId());
            boolean sameEpoch = before != null && before.producerEpoch() == header.producerEpoch();
            long data = header.isControlBatch() ? sameEpoch ? before.dataOffset() : -1 : header.lastOffset();
            producers.put(header.producerId(), new LastRecord(data, header.producerEpoch()));
            if (header.isTransactional() && !header.isControlBatch()) {
                open.putIfAbsent(header.producerId(), header.baseOffset());
            }
        }
    }

    /** Appends a marker. */
    void end(MemoryRecords marker, boolean commit) {
        append(marker);
        RecordBatch header = marker.batches().iterator().next();
        Long first = open.remove(header.producerId());
        if (first != null && !commit) {
            pieces.lastEntry().getValue().aborted.add(new AbortedTransaction(header.producerId(), first, header.lastOffset(), settledOffset()));
        }
    }

    void roll() {
        if (pieces.lastEntry().getValue().bytes() > 0) {
            pieces.put(endOffset, new Piece(endOffset));
        }
    }

    /** Retention takes the first segment, unless it is the one that is appended to. */
    void dropFirst() {
        if (pieces.size() > 1) {
            pieces.pollFirstEntry();
            startOffset = Math.max(startOffset, pieces.firstKey());
        }
    }

    void expire(long producerId) {
        if (!open.containsKey(producerId)) {
            producers.remove(producerId);
        }
    }

    void durableUntil(long offset) {
        durableOffset = offset;
    }

    void startAt(long offset) {
        startOffset = offset;
    }

    void policy(CompactionPolicy changed) {
        policy = changed;
    }

    /** Whoever looks at its segments gets this. */
    void makeUnreadable(RuntimeException failure) {
        unreadable = failure;
    }

    void takeOffline() {
        online = false;
    }

    Map<Long, Long> openTransactions() {
        return open;
    }

    /** All batches, in order. */
    List<RecordBatch> batches() {
        List<RecordBatch> all = new ArrayList<>();
        pieces.values().forEach(piece -> piece.batches().batches().forEach(all::add));
        return all;
    }

    @Override
    public TopicPartition partition() {
        return partition;
    }

    @Override
    public CompactionPolicy policy() {
        return policy;
    }

    @Override
    public boolean isOnline() {
        return online;
    }

    @Override
    public long startOffset() {
        return startOffset;
    }

    @Override
    public long endOffset() {
        return endOffset;
    }

    @Override
    public long settledOffset() {
        return Math.min(durableOffset, open.values().stream().mapToLong(Long::longValue).min().orElse(endOffset));
    }

    @Override
    public List<Piece> segments() {
        if (unreadable != null) {
            throw unreadable;
        }
        return List.copyOf(pieces.values());
    }

    @Override
    public List<AbortedTransaction> abortedTransactions(long fromOffset, long toOffset) {
        return pieces.values().stream().flatMap(piece -> piece.aborted.stream())
                .filter(each -> each.lastOffset() >= fromOffset && each.firstOffset() < toOffset).toList();
    }

    @Override
    public Map<Long, LastRecord> lastRecordsOfProducers() {
        return Map.copyOf(producers);
    }

    @Override
    public CleanedSegment begin(long baseOffset) {
        Piece cleaned = new Piece(baseOffset);
        return new CleanedSegment() {
            @Override
            public void append(MemoryRecords batches) {
                ByteBuffer content = batches.buffer();
                byte[] copy = new byte[content.remaining()];
                content.get(copy);
                cleaned.bytes.writeBytes(copy);
            }

            @Override
            public void append(AbortedTransaction aborted) {
                cleaned.aborted.add(aborted);
            }

            @Override
            public void replace(List<? extends CleanableSegment> sources) {
                if (!online || !sources.stream().allMatch(source -> pieces.get(source.baseOffset()) == source)) {
                    throw new KafkaStorageException("gone");
                }
                sources.forEach(source -> pieces.remove(source.baseOffset()));
                pieces.put(baseOffset, cleaned);
            }

            @Override
            public void discard() {
            }
        };
    }
}
