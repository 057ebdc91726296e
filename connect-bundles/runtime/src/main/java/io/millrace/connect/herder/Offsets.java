package io.millrace.connect.herder;

import io.millrace.api.http.HttpError;
import io.millrace.connect.catalog.Isolated;
import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.sink.SinkGroup;
import io.millrace.connect.source.FormerTransactions;
import io.millrace.connect.store.PlainJson;
import io.millrace.connect.store.SourceOffsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.source.SourceConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offsets of connectors shown, and changed while the connector is stopped (KIP-875). */
public final class Offsets {

    private static final java.time.Duration LIMIT = java.time.Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(Offsets.class);

    private final Herder herder;

    public Offsets(Herder herder) {
        this.herder = herder;
    }

    /** @return a list of {@code {partition, offset}} */
    public List<Map<String, Object>> of(String name) throws InterruptedException {
        List<Map<String, Object>> list = new ArrayList<>();
        if (sink(name)) {
            sinkOffsets(name).forEach((partition, offset) -> list.add(pair(
                    Map.of(SinkOffset.TOPIC, partition.topic(), SinkOffset.PARTITION, partition.partition()),
                    Map.of(SinkOffset.OFFSET, offset.offset()))));
        } else {
            herder.node().offsets().of(name).forEach((partition, offset) -> list.add(pair(partition, offset)));
        }
        return list;
    }

    private static Map<String, Object> pair(Object partition, Object offset) {
        Map<String, Object> pair = new LinkedHashMap<>();
        pair.put("partition", partition);
        pair.put("offset", offset);
        return pair;
    }

    private boolean sink(String name) {
        String type = herder.connector(name).status().type();
        if (type.equals("unknown")) {
            throw new HttpError(400, "connector " + name + ": its plugin is not here; install it first");
        }
        return type.equals("sink");
    }

    private String group(String name) {
        return SinkGroup.of(name, new ConnectorConfig(herder.node().variables().resolve(herder.config(name)).values(), true));
    }

    private Map<TopicPartition, OffsetAndMetadata> sinkOffsets(String name) throws InterruptedException {
        try {
            Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>(get(herder.node().admin().listConsumerGroupOffsets(group(name))
                    .partitionsToOffsetAndMetadata()));
            found.values().removeIf(java.util.Objects::isNull);
            return found;
        } catch (GroupIdNotFoundException e) {
            return Map.of();
        }
    }

    public void reset(String name) throws InterruptedException {
        stopped(name);
        if (sink(name)) {
            Map<TopicPartition, Long> none = new HashMap<>();
            sinkOffsets(name).keySet().forEach(partition -> none.put(partition, null));
            ask(name, none, null);
            try {
                get(herder.node().admin().deleteConsumerGroups(List.of(group(name))).all());
            } catch (GroupIdNotFoundException e) {
                return;
            }
        } else {
            Map<Map<String, ?>, Map<String, ?>> none = new HashMap<>();
            herder.node().offsets().of(name).keySet().forEach(partition -> none.put(partition, null));
            ask(name, null, none);
            write(name, none);
        }
    }

    public void alter(String name, List<?> wanted) throws InterruptedException {
        stopped(name);
        Map<Map<String, ?>, Map<String, ?>> pairs = new LinkedHashMap<>();
        for (Object one : wanted) {
            if (one instanceof Map<?, ?> pair && pair.get("partition") == null) {
                throw new HttpError(400, "Partition objects cannot be null");
            }
            if (!(one instanceof Map<?, ?> pair) || !(pair.get("partition") instanceof Map<?, ?> partition)
                    || !(pair.get("offset") == null || pair.get("offset") instanceof Map)) {
                throw new HttpError(400, "each offset must have the form {\"partition\": {...}, \"offset\": {...} or null}");
            }
            pairs.put(PlainJson.normalMap(partition), pair.get("offset") instanceof Map<?, ?> offset ? PlainJson.normalMap(offset) : null);
        }
        if (pairs.isEmpty()) {
            throw new HttpError(400, "Partitions / offsets need to be provided for an alter offsets request");
        }
        if (!sink(name)) {
            ask(name, null, pairs);
            write(name, pairs);
            return;
        }
        Map<TopicPartition, Long> numbers = new HashMap<>();
        pairs.forEach((partition, offset) -> {
            Map.Entry<TopicPartition, Long> parsed = SinkOffset.parse(partition, offset);
            numbers.put(parsed.getKey(), parsed.getValue());
        });
        ask(name, numbers, null);
        Map<TopicPartition, OffsetAndMetadata> set = new HashMap<>();
        numbers.forEach((partition, offset) -> {
            if (offset != null) {
                if (offset < 0) {
                    throw new HttpError(400, "offset " + offset + " of partition " + partition + " is negative; offsets begin at 0");
                }
                set.put(partition, new OffsetAndMetadata(offset));
            }
        });
        try {
            if (!set.isEmpty()) {
                get(herder.node().admin().alterConsumerGroupOffsets(group(name), set).all());
            }
            numbers.keySet().removeAll(set.keySet());
            if (!numbers.isEmpty()) {
                get(herder.node().admin().deleteConsumerGroupOffsets(group(name), numbers.keySet()).all());
            }
        } catch (HttpError e) {
            LOG.warn("offsets of sink connector {} are not altered to {}: {}", name, numbers, e.getMessage());
            throw new HttpError(500, "Failed to alter consumer group offsets for connector " + name);
        }
    }

    private void stopped(String name) {
        if (herder.connector(name).status().state() != RunState.STOPPED) {
            throw new HttpError(400, "Connectors must be in the STOPPED state before their offsets can be modified. "
                    + "This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/" + name + "/stop' endpoint");
        }
    }

    /** The connector may keep offsets of its own, or refuse. */
    private void ask(String name, Map<TopicPartition, Long> sinkOffsets, Map<Map<String, ?>, Map<String, ?>> sourceOffsets) throws InterruptedException {
        Map<String, String> config = herder.node().variables().resolve(herder.config(name)).values();
        var provided = herder.node().catalog().find(io.millrace.connect.config.Validation.CONNECTORS, config.get(ConnectorConfig.CONNECTOR_CLASS),
                io.millrace.connect.catalog.VersionRequirement.of(config.get(ConnectorConfig.CONNECTOR_VERSION)))
                .orElseThrow(() -> new HttpError(400, "connector " + name + ": its plugin is not here; install it first")).provided();
        try {
            Isolated.call("alter-offsets-" + name, provided.loader(), LIMIT, () -> switch (provided.instantiate(Connector.class)) {
                case SinkConnector sink -> sink.alterOffsets(config, sinkOffsets);
                case SourceConnector source -> source.alterOffsets(config, sourceOffsets);
                default -> false;
            });
        } catch (UnsupportedOperationException e) {
            throw new HttpError(400, "connector " + name + " does not support that its offsets are changed from outside: " + e.getMessage());
        }
    }

    private void write(String name, Map<Map<String, ?>, Map<String, ?>> offsets) throws InterruptedException {
        fence(name);
        try (Producer<byte[], byte[]> producer = herder.node().clients().producer("connect-alters-" + name, Map.of())) {
            List<Future<RecordMetadata>> stored = new ArrayList<>();
            offsets.forEach((partition, offset) -> stored.add(producer.send(SourceOffsets.record(name, partition, offset))));
            for (Future<RecordMetadata> one : stored) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new HttpError(500, "offsets of connector " + name + " cannot be stored: " + e.getCause().getMessage());
        }
    }

    /** A task that did not heed the stop may still come to an end, and must not commit then. */
    private void fence(String name) throws InterruptedException {
        List<String> ids = herder.connector(name).former().stream().map(FormerTransactions::id).toList();
        if (herder.node().settings().exactlyOnceSource() && !ids.isEmpty()) {
            get(herder.node().admin().fenceProducers(ids).all());
        }
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException {
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException missing) {
                throw missing;
            }
            throw new HttpError(500, e.getCause().toString());
        } catch (TimeoutException e) {
            throw new HttpError(500, "the broker did not answer within 30 s");
        }
    }
}
