package io.millrace.itest;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Follows a topic from its beginning through the broker's crashes. What it once saw must still be there in the end: consumers act on it. */
final class LiveReader implements AutoCloseable {

    private final Map<TopicPartition, Map<Long, String>> seen = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopped;

    LiveReader(String bootstrap, List<TopicPartition> partitions, String isolation) {
        partitions.forEach(partition -> seen.put(partition, new ConcurrentHashMap<>()));
        Map<String, Object> settings = ClientSettings.of(bootstrap, Map.of("isolation.level", isolation, "auto.offset.reset", "none",
                "request.timeout.ms", "5000", "fetch.max.wait.ms", "100"));
        this.thread = Thread.ofPlatform().name("reader " + isolation).start(() -> read(settings, partitions));
    }

    private void read(Map<String, Object> settings, List<TopicPartition> partitions) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            partitions.forEach(partition -> consumer.seek(partition, 0));
            while (!stopped) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    String before = seen.get(new TopicPartition(record.topic(), record.partition())).put(record.offset(), record.value());
                    if (before != null) {
                        failures.add(record.topic() + "-" + record.partition() + "@" + record.offset() + " was " + before + ", then " + record.value());
                    }
                }
            }
        } catch (RuntimeException e) {
            failures.add("a reader ended: " + e);
        }
    }

    Map<TopicPartition, Map<Long, String>> seen() {
        return seen;
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
