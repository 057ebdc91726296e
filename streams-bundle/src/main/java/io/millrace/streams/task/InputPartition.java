package io.millrace.streams.task;

import io.millrace.streams.TimestampExtractor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.utils.Utils;

/** A partition that a task reads, with the records handed in and not yet processed. The first of them is decoded: the head. */
public final class InputPartition {

    private final String topic;
    private final int partition;
    private final Serde<Object> key;
    private final Serde<Object> value;
    private final TimestampExtractor extractor;
    private final boolean table;
    private final Step first;
    private final Counters counters;
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    private Iterator<Record> records;
    private long position;
    private long partitionTime = -1;
    private BooleanSupplier caughtUp = () -> true;
    private LongSupplier end = () -> 0;
    private BooleanSupplier settled = () -> true;
    /** Up to where it has to be read before it counts as read from the start; -1 while that cannot be known. */
    private long goal = -1;

    private boolean head;
    private long headOffset;
    private long headTimestamp;
    private Object headKey;
    private Object headValue;

    InputPartition(String topic, int partition, Serde<Object> key, Serde<Object> value, TimestampExtractor extractor, boolean table, Step first,
            Counters counters) {
        this.topic = topic;
        this.partition = partition;
        this.key = key;
        this.value = value;
        this.extractor = extractor;
        this.table = table;
        this.first = first;
        this.counters = counters;
    }

    public String topic() {
        return topic;
    }

    public int partition() {
        return partition;
    }

    /**
     * Before the first chunk.
     *
     * @param offset   where to read from
     * @param caughtUp whether all that can be read now was handed in
     * @param end      offset after the last record that can be read now
     * @param settled  whether the topic holds what its content at the job's start is: at once, unless the job itself writes it
     */
    public void start(long offset, BooleanSupplier caughtUp, LongSupplier end, BooleanSupplier settled) {
        this.position = offset;
        this.caughtUp = caughtUp;
        this.end = end;
        this.settled = settled;
    }

    /** Offset of the first record not yet processed: what is committed. */
    public long position() {
        return head ? headOffset : position;
    }

    public int waitingChunks() {
        return chunks.size();
    }

    public void add(Chunk chunk) {
        chunks.add(chunk);
        if (!head) {
            advance();
        }
    }

    boolean hasHead() {
        return head;
    }

    long headTimestamp() {
        return headTimestamp;
    }

    boolean isTable() {
        return table;
    }

    /** Nothing here and nothing to come at this moment. */
    boolean isCaughtUp() {
        return !head && caughtUp.getAsBoolean();
    }

    /** Whether what the topic held when the job started was processed. */
    boolean isReadFromStart() {
        if (goal < 0 && settled.getAsBoolean()) {
            goal = end.getAsLong();
        }
        return goal >= 0 && position() >= goal;
    }

    void processHead() {
        try {
            first.process(headKey, headValue, headTimestamp);
        } catch (RuntimeException e) {
            throw failure(headOffset, e);
        }
        counters.processed++;
        head = false;
        headKey = null;
        headValue = null;
        position = headOffset + 1;
        advance();
    }

    private void advance() {
        while (true) {
            if (records == null) {
                if (chunks.isEmpty()) {
                    return;
                }
                records = chunks.peek().records();
            }
            while (records.hasNext()) {
                Record record = records.next();
                if (record.offset() >= position && decode(record)) {
                    return;
                }
            }
            records = null;
            position = Math.max(position, chunks.poll().nextOffset());
        }
    }

    private boolean decode(Record record) {
        try {
            headKey = record.hasKey() ? key.deserializer().deserialize(topic, Utils.toArray(record.key())) : null;
            headValue = record.hasValue() ? value.deserializer().deserialize(topic, Utils.toArray(record.value())) : null;
            headTimestamp = extractor == null ? record.timestamp() : extractor.extract(asConsumed(record), partitionTime);
        } catch (RuntimeException e) {
            throw failure(record.offset(), e);
        }
        headOffset = record.offset();
        if (headTimestamp < 0) {
            counters.dropped++;
            position = headOffset + 1;
            return false;
        }
        partitionTime = Math.max(partitionTime, headTimestamp);
        head = true;
        return true;
    }

    private ConsumerRecord<Object, Object> asConsumed(Record record) {
        return new ConsumerRecord<>(topic, partition, record.offset(), record.timestamp(), TimestampType.CREATE_TIME, record.keySize(),
                record.valueSize(), headKey, headValue, new RecordHeaders(record.headers()), Optional.empty());
    }

    private RecordException failure(long offset, RuntimeException e) {
        return new RecordException("record " + topic + "-" + partition + "@" + offset + ": " + e, e);
    }
}
