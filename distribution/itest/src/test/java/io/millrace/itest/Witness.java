package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A well-behaved client beside others: writes one record after another, reads each back, and measures how long that takes. */
final class Witness implements AutoCloseable {

    private static final TopicPartition PARTITION = new TopicPartition("witness", 0);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final AtomicInteger rounds = new AtomicInteger();
    private final AtomicLong longestNanos = new AtomicLong();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopped;

    Witness(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(ClientSettings.of(bootstrap))) {
            admin.createTopics(Set.of(new NewTopic(PARTITION.topic(), 1, (short) 1))).all().get();
        }
        thread = Thread.ofPlatform().name("witness").start(() -> run(bootstrap));
    }

    private void run(String bootstrap) {
        // One attempt: an error that a retry would hide is one that the client notices.
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(ClientSettings.of(bootstrap, Map.of("acks", "all", "retries", "0",
                "enable.idempotence", "false", "linger.ms", "0")), new StringSerializer(), new StringSerializer());
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(ClientSettings.of(bootstrap, Map.of("auto.offset.reset", "earliest")),
                        new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(PARTITION));
            while (!stopped) {
                long began = System.nanoTime();
                producer.send(new ProducerRecord<>(PARTITION.topic(), 0, null, Integer.toString(rounds.get()))).get(30, TimeUnit.SECONDS);
                int seen = 0;
                while (seen == 0 && System.nanoTime() - began < LIMIT.toNanos()) {
                    seen = consumer.poll(Duration.ofMillis(500)).count();
                }
                if (seen != 1) {
                    failures.add("record " + rounds + " was read " + seen + " times");
                }
                longestNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
                rounds.incrementAndGet();
            }
        } catch (Exception e) {
            failures.add("round " + rounds + ": " + e);
        }
    }

    /** Waits for more rounds. @return the longest since this was asked last */
    Duration longestAfterMore(int more) {
        int target = rounds.get() + more;
        long end = System.nanoTime() + LIMIT.toNanos();
        while (rounds.get() < target && failures.isEmpty()) {
            assertThat(System.nanoTime()).as("the witness gets on").isLessThan(end);
            Pause.aMoment();
        }
        assertThat(failures).isEmpty();
        return Duration.ofNanos(longestNanos.getAndSet(0));
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        thread.join();
    }
}
