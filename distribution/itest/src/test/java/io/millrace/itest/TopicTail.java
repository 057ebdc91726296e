package io.millrace.itest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads what is committed in the first partition of a topic, from its beginning on. */
final class TopicTail implements AutoCloseable {

    /** @param atNanos when it came */
    record Line(String value, long atNanos) {}

    private final List<Line> lines = Collections.synchronizedList(new ArrayList<>());
    private final Thread thread;
    private volatile boolean stopped;

    TopicTail(String bootstrap, String topic) {
        Map<String, Object> settings = ClientSettings.of(bootstrap, Map.of("auto.offset.reset", "earliest", "isolation.level", "read_committed",
                "enable.auto.commit", "false", "allow.auto.create.topics", "false", "fetch.max.wait.ms", "20", "metadata.max.age.ms", "500"));
        this.thread = Thread.ofPlatform().name("tail of " + topic).daemon().start(() -> read(settings, new TopicPartition(topic, 0)));
    }

    private void read(Map<String, Object> settings, TopicPartition partition) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            while (!stopped) {
                ConsumerRecords<String, String> polled = consumer.poll(Duration.ofMillis(50));
                long now = System.nanoTime();
                polled.forEach(record -> lines.add(new Line(record.value(), now)));
            }
        }
    }

    /** What is committed there now. */
    static List<String> committed(String bootstrap, String topic) {
        Map<String, Object> settings = ClientSettings.of(bootstrap, Map.of("isolation.level", "read_committed", "enable.auto.commit", "false",
                "fetch.max.wait.ms", "20"));
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<String> values = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    List<Line> lines() {
        return lines;
    }

    int size() {
        return lines.size();
    }

    String last() {
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1).value();
    }

    /** When the last one came. */
    long lastNanos() {
        return lines.isEmpty() ? Long.MIN_VALUE : lines.get(lines.size() - 1).atNanos();
    }

    /** Milliseconds between lines of which the later came in a time; those that came together have none between them. */
    List<Double> gaps(long fromNanos, long toNanos) {
        List<Double> gaps = new ArrayList<>();
        List<Line> all = List.copyOf(lines);
        for (int i = 1; i < all.size(); i++) {
            long gap = all.get(i).atNanos() - all.get(i - 1).atNanos();
            if (gap > 0 && all.get(i).atNanos() > fromNanos && all.get(i).atNanos() <= toNanos) {
                gaps.add(gap / 1e6);
            }
        }
        return gaps;
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
