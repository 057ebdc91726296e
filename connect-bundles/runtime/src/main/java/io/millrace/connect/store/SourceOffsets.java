package io.millrace.connect.store;

import io.millrace.api.log.LocalLogs;
import io.millrace.api.log.LogReader;
import io.millrace.connect.client.KafkaClients;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far source connectors are, in the topic {@code connect-offsets}, in Kafka Connect's format: key {@code ["connector", {partition}]},
 * value the offset. Tasks write through their own producer, in the transaction of the records; a null value forgets a partition. Thread-safe.
 *
 * <p>All connectors share the topic, and a consumer of committed records only gets up to the first transaction that is open, whosever it is. What is
 * committed behind that is read from the log in this process, so nobody waits for anybody: a task that has ended its own former transaction finds all that it
 * ever committed.
 */
public final class SourceOffsets implements AutoCloseable {

    public static final String TOPIC = "connect-offsets";

    private static final Logger LOG = LoggerFactory.getLogger(SourceOffsets.class);

    private static final int SLICE_BYTES = 1 << 20;

    private final OffsetTable table = new OffsetTable();
    private final LocalLogs logs;
    private final TopicLog log;
    private final ReentrantLock reading = new ReentrantLock();
    /** Guarded by the lock; it goes on from reading to reading as long as the same transaction may be open. */
    private UnstableTail tail = new UnstableTail(-1);

    public SourceOffsets(KafkaClients clients, Admin admin, LocalLogs logs) {
        this.logs = logs;
        this.log = new TopicLog(clients, admin, TOPIC, this::apply);
    }

    /** The record that stores an offset; to be sent by the task's producer. */
    public static ProducerRecord<byte[], byte[]> record(String connector, Map<String, ?> partition, Map<String, ?> offset) {
        return new ProducerRecord<>(TOPIC, 0, PlainJson.write(List.of(connector, partition)), offset == null ? null : PlainJson.write(offset));
    }

    /** All committed offsets of a connector; reads what has come to the topic first. */
    public Map<Map<String, Object>, Map<String, Object>> of(String connector) throws InterruptedException {
        long stable = log.readCommitted();
        reading.lockInterruptibly();
        try {
            readBehind(stable);
        } finally {
            reading.unlock();
        }
        return table.of(connector);
    }

    private void readBehind(long stable) {
        LogReader reader = logs.reader(TOPIC, 0).orElseThrow(() -> new ConnectException("internal topic " + TOPIC + " is not on this node"));
        if (tail.position() < stable) {
            tail = new UnstableTail(stable);
        }
        long end = reader.endOffset(LogReader.Isolation.READ_UNCOMMITTED);
        while (tail.position() < end
                && tail.read(reader.read(tail.position(), SLICE_BYTES, LogReader.Isolation.READ_UNCOMMITTED).batches(), this::apply)) {
            // Slice by slice.
        }
    }

    private void apply(Record stored) {
        apply(bytes(stored.key()), bytes(stored.value()), stored.offset());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        return buffer == null ? null : Utils.toArray(buffer);
    }

    private void apply(ConsumerRecord<byte[], byte[]> stored) {
        apply(stored.key(), stored.value(), stored.offset());
    }

    private void apply(byte[] stored, byte[] value, long place) {
        try {
            if (stored == null || !(PlainJson.read(stored) instanceof List<?> key) || key.size() != 2
                    || !(key.get(0) instanceof String connector) || !(key.get(1) instanceof Map<?, ?> partition)) {
                throw new ConnectException("the key is no [connector, partition]");
            }
            table.tell(connector, partition, value == null ? null : (Map<?, ?>) PlainJson.read(value), place);
        } catch (ConnectException | ClassCastException e) {
            LOG.warn("{} offset {}: not a stored source offset, ignored: {}", TOPIC, place, e.getMessage());
        }
    }

    /** Partitions of a map of the plugin's compared as stored ones are. */
    public static List<Map<String, Object>> normal(Iterable<? extends Map<String, ?>> partitions) {
        List<Map<String, Object>> normal = new ArrayList<>();
        partitions.forEach(partition -> normal.add(PlainJson.normalMap(partition)));
        return normal;
    }

    @Override
    public void close() {
        log.close();
    }
}
