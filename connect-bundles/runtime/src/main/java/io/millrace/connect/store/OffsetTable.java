package io.millrace.connect.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Committed offsets of all connectors, each with its place in the topic. They are told by those who write and by the one who reads, in any order:
 * what has the later place counts. So nobody has to wait to read what another task of this process has written. Thread-safe.
 */
public final class OffsetTable {

    /** @param offset null if it was taken back */
    private record Known(Map<String, Object> offset, long place) {}

    private final Map<String, Map<Map<String, Object>, Known>> byConnector = new HashMap<>();
    private final Set<String> unsure = ConcurrentHashMap.newKeySet();

    synchronized void tell(String connector, Map<?, ?> partition, Map<?, ?> offset, long place) {
        Known told = new Known(offset == null ? null : PlainJson.normalMap(offset), place);
        byConnector.computeIfAbsent(connector, _ -> new LinkedHashMap<>()).merge(PlainJson.normalMap(partition), told,
                (known, other) -> known.place() > other.place() ? known : other);
    }

    synchronized Map<Map<String, Object>, Map<String, Object>> of(String connector) {
        Map<Map<String, Object>, Map<String, Object>> offsets = new LinkedHashMap<>();
        byConnector.getOrDefault(connector, Map.of()).forEach((partition, known) -> {
            if (known.offset() != null) {
                offsets.put(partition, known.offset());
            }
        });
        return offsets;
    }

    /** Whether the writer began a commit of which it is not known how it ended. */
    boolean isUnsure(String writer) {
        return unsure.contains(writer);
    }

    /** The table has all that the writer can have committed. */
    void settled(String writer) {
        unsure.remove(writer);
    }

    /** Begins a commit. If it fails, the writer may not read before {@link SourceOffsets#settle}. */
    public Writing write(String writer, String connector) {
        unsure.add(writer);
        return new Writing(writer, connector);
    }

    /** Offsets on their way to the topic. For one thread. */
    public final class Writing {

        private record Sent(Map<String, ?> partition, Map<String, ?> offset, Future<RecordMetadata> place) {}

        private final String writer;
        private final String connector;
        private final List<Sent> sent = new ArrayList<>();

        private Writing(String writer, String connector) {
            this.writer = writer;
            this.connector = connector;
        }

        public void send(Producer<byte[], byte[]> producer, Map<String, ?> partition, Map<String, ?> offset) {
            sent.add(new Sent(partition, offset, producer.send(SourceOffsets.record(connector, partition, offset))));
        }

        /**
         * All of them are committed, or without a transaction, written.
         *
         * @throws ExecutionException if one is not
         */
        public void committed() throws InterruptedException, ExecutionException {
            boolean placed = true;
            for (Sent each : sent) {
                RecordMetadata place = each.place().get();
                // A producer that had to repeat itself may not know.
                placed &= place.hasOffset();
                if (place.hasOffset()) {
                    tell(connector, each.partition(), each.offset(), place.offset());
                }
            }
            if (placed) {
                settled(writer);
            }
        }
    }
}
