package io.millrace.itest;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A group's only member, which commits after every poll and remembers what the broker confirmed. */
final class GroupReader implements AutoCloseable {

    private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
    private final Set<String> values = ConcurrentHashMap.newKeySet();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopped;

    GroupReader(String bootstrap, String group, String topic) {
        Map<String, Object> settings = ClientSettings.of(bootstrap, Map.of("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "session.timeout.ms", "10000", "heartbeat.interval.ms", "500", "request.timeout.ms", "5000", "default.api.timeout.ms", "10000"));
        this.thread = Thread.ofPlatform().name("member of " + group).start(() -> read(settings, topic));
    }

    private void read(Map<String, Object> settings, String topic) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (!stopped) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
                commit(consumer);
            }
        } catch (RuntimeException e) {
            failures.add("a group's member ended: " + e);
        }
    }

    private void commit(KafkaConsumer<String, String> consumer) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            positions.put(partition, new OffsetAndMetadata(consumer.position(partition)));
        }
        if (positions.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(positions);
            positions.forEach((partition, offset) -> committed.put(partition, offset.offset()));
        } catch (KafkaException unconfirmed) {
            // The broker is away or the group moved on: nothing was promised.
        }
    }

    /** Newest confirmed offsets. */
    Map<TopicPartition, Long> committed() {
        return Map.copyOf(committed);
    }

    Set<String> values() {
        return values;
    }

    Queue<String> failures() {
        return failures;
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
