package io.millrace.connect.store;

import io.millrace.connect.client.KafkaClients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far source connectors are, in the topic {@code connect-offsets}, in Kafka Connect's format: key {@code ["connector", {partition}]},
 * value the offset. Tasks write through their own producer, in the transaction of the records; a null value forgets a partition. Thread-safe.
 *
 * <p>All connectors share the topic, and whoever reads committed records only reads up to the first transaction that is open, whosever it is. The
 * first reading waits for that, so that it has all that was written before this process. From then on nobody waits: what tasks of this process
 * commit is told to the table as well, and a task that does not know how its last commit ended waits alone.
 */
public final class SourceOffsets implements AutoCloseable {

    public static final String TOPIC = "connect-offsets";

    private static final Logger LOG = LoggerFactory.getLogger(SourceOffsets.class);

    private final OffsetTable table = new OffsetTable();
    private final TopicLog log;
    private volatile boolean readBefore;

    public SourceOffsets(KafkaClients clients, Admin admin) {
        this.log = new TopicLog(clients, admin, TOPIC, this::apply);
    }

    /** The record that stores an offset; to be sent by the task's producer. */
    public static ProducerRecord<byte[], byte[]> record(String connector, Map<String, ?> partition, Map<String, ?> offset) {
        return new ProducerRecord<>(TOPIC, 0, PlainJson.write(List.of(connector, partition)), offset == null ? null : PlainJson.write(offset));
    }

    /** To be told of what is committed. */
    public OffsetTable table() {
        return table;
    }

    /** All committed offsets of a connector; reads what has come to the topic first. */
    public Map<Map<String, Object>, Map<String, Object>> of(String connector) throws InterruptedException {
        if (!readBefore) {
            log.readToEnd();
            readBefore = true;
        } else {
            log.readCommitted();
        }
        return table.of(connector);
    }

    /**
     * To be called by a writer that begins anew, after it has ended whatever transaction it had. Waits for those of others if it must, which is after a
     * commit of unknown end only.
     */
    public void settle(String writer) throws InterruptedException {
        if (table.isUnsure(writer)) {
            log.readToEnd();
            table.settled(writer);
        }
    }

    private void apply(ConsumerRecord<byte[], byte[]> stored) {
        try {
            if (stored.key() == null || !(PlainJson.read(stored.key()) instanceof List<?> key) || key.size() != 2
                    || !(key.get(0) instanceof String connector) || !(key.get(1) instanceof Map<?, ?> partition)) {
                throw new ConnectException("the key is no [connector, partition]");
            }
            table.tell(connector, partition, stored.value() == null ? null : (Map<?, ?>) PlainJson.read(stored.value()), stored.offset());
        } catch (ConnectException | ClassCastException e) {
            LOG.warn("{} offset {}: not a stored source offset, ignored: {}", TOPIC, stored.offset(), e.getMessage());
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
