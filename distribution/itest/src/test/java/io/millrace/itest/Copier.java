package io.millrace.itest;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Consumes, transforms and produces, with offsets and output in one transaction, until it is killed. A process of its own, which runs with whatever
 * version of the Kafka clients is on its class path, from 2.5 on. Aborts now and then and does it again.
 */
final class Copier {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Random RANDOM = new Random();

    private Copier() {}

    /** @param arguments bootstrap, the name it has as group, member and transactional id, topic to read, topic to write */
    public static void main(String[] arguments) {
        while (true) {
            try {
                copy(arguments[0], arguments[1], arguments[2], arguments[3]);
            } catch (KafkaException failed) {
                System.out.println(arguments[1] + " begins anew after " + failed);
                Pause.aMoment();
            }
        }
    }

    static String transformed(String value) {
        return value + "'";
    }

    private static void copy(String bootstrap, String name, String in, String out) {
        Map<String, Object> reading = ClientSettings.of(bootstrap, Map.of("group.id", name, "group.instance.id", name, "enable.auto.commit", "false",
                "auto.offset.reset", "earliest", "isolation.level", "read_committed", "session.timeout.ms", "10000", "heartbeat.interval.ms", "500"),
                Map.of("max.poll.records", "40", "request.timeout.ms", "5000", "default.api.timeout.ms", "20000", "fetch.max.wait.ms", "50"));
        Map<String, Object> writing = ClientSettings.of(bootstrap, Map.of("transactional.id", name, "transaction.timeout.ms", "20000", "max.block.ms", "30000",
                "request.timeout.ms", "5000", "delivery.timeout.ms", "20000", "linger.ms", "0"));
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer());
                KafkaProducer<String, String> producer = new KafkaProducer<>(writing, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            consumer.subscribe(List.of(in));
            while (true) {
                ConsumerRecords<String, String> records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    copy(records, consumer, producer, out);
                }
            }
        }
    }

    private static void copy(ConsumerRecords<String, String> records, KafkaConsumer<String, String> consumer, KafkaProducer<String, String> producer, String out) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        producer.beginTransaction();
        for (ConsumerRecord<String, String> record : records) {
            producer.send(new ProducerRecord<>(out, record.partition(), null, transformed(record.value())));
            offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
        if (RANDOM.nextInt(8) > 0) {
            producer.commitTransaction();
            return;
        }
        producer.abortTransaction();
        consumer.committed(consumer.assignment()).forEach((partition, committed) -> consumer.seek(partition, committed == null ? 0 : committed.offset()));
    }
}
