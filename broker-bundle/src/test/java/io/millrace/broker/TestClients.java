package io.millrace.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Stock Kafka clients of a broker under test, with short time-outs. */
final class TestClients {

    private final BrokerServer broker;

    TestClients(BrokerServer broker) {
        this.broker = broker;
    }

    KafkaProducer<String, String> producer(String... settings) {
        return new KafkaProducer<>(settings(Map.of("delivery.timeout.ms", "20000", "request.timeout.ms", "10000", "max.block.ms", "20000"), settings),
                new StringSerializer(), new StringSerializer());
    }

    KafkaConsumer<String, String> consumer(String... settings) {
        return new KafkaConsumer<>(settings(Map.of("enable.auto.commit", "false", "auto.offset.reset", "earliest"), settings),
                new StringDeserializer(), new StringDeserializer());
    }

    Admin admin() {
        return Admin.create(settings(Map.of("default.api.timeout.ms", "20000", "request.timeout.ms", "10000")));
    }

    void createTopic(String name, int partitions, Map<String, String> config) throws InterruptedException, ExecutionException {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(config))).all().get();
        }
    }

    /** Reads a partition from an offset until {@code count} records are there, at most 20 s. */
    List<ConsumerRecord<String, String>> read(TopicPartition partition, long from, int count, String... settings) {
        try (KafkaConsumer<String, String> consumer = consumer(settings)) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, from);
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (records.size() < count && System.nanoTime() < deadline) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            }
            return records;
        }
    }

    private Map<String, Object> settings(Map<String, String> basic, String... more) {
        Map<String, Object> all = new HashMap<>(basic);
        all.put("bootstrap.servers", broker.bootstrapServers());
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return all;
    }
}
