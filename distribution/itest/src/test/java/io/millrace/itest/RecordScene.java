package io.millrace.itest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Topics of every kind that a log can hold, and what is written to them: each codec, idempotent producers, transactions that commit and abort, a
 * compacted topic. Several segments each, so that there are indexes and snapshots.
 */
final class RecordScene {

    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final String SEGMENT = "1048576";
    private static final int KEYS = 40;

    private final String prefix;
    private final Random random;
    private int written;

    RecordScene(String prefix, long seed) {
        this.prefix = prefix;
        this.random = new Random(seed);
    }

    /** A record as a consumer sees it. */
    record Seen(long offset, long timestamp, int leaderEpoch, String key, String value) {

        static Seen of(ConsumerRecord<String, String> read) {
            return new Seen(read.offset(), read.timestamp(), read.leaderEpoch().orElse(-1), read.key(), read.value());
        }
    }

    /**
     * All there is in a partition.
     *
     * @param committed what is read with {@code isolation.level=read_committed}
     * @param byTime    offset of the first record at or after some times
     */
    record Content(List<Seen> all, List<Seen> committed, Map<Long, Long> byTime) {}

    List<TopicPartition> partitions() {
        List<TopicPartition> partitions = new ArrayList<>();
        CODECS.forEach(codec -> partitions.add(new TopicPartition(prefix + codec, 0)));
        partitions.add(transactional());
        partitions.add(compacted());
        return partitions;
    }

    TopicPartition transactional() {
        return new TopicPartition(prefix + "transactional", 0);
    }

    TopicPartition compacted() {
        return new TopicPartition(prefix + "compacted", 0);
    }

    /** @return the topics' ids by name */
    Map<String, Uuid> create(String bootstrap) throws Exception {
        Map<String, Uuid> ids = new LinkedHashMap<>();
        try (Admin admin = Admin.create(ClientSettings.of(bootstrap))) {
            List<NewTopic> topics = partitions().stream().map(partition -> new NewTopic(partition.topic(), 1, (short) 1).configs(partition.equals(compacted())
                    ? Map.of("segment.bytes", SEGMENT, "cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01") : Map.of("segment.bytes", SEGMENT))).toList();
            var created = admin.createTopics(topics);
            for (NewTopic topic : topics) {
                ids.put(topic.name(), created.topicId(topic.name()).get());
            }
        }
        return ids;
    }

    /** Adds to every topic. */
    void write(String bootstrap) throws Exception {
        for (String codec : CODECS) {
            try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("compression.type", codec, "batch.size", "20000"))) {
                for (int i = 0; i < 350; i++) {
                    producer.send(new ProducerRecord<>(prefix + codec, "key-" + i, value(6000)));
                }
            }
        }
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("transactional.id", prefix + "writer", "compression.type", "lz4"))) {
            producer.initTransactions();
            for (int transaction = 0; transaction < 12; transaction++) {
                producer.beginTransaction();
                for (int i = 0; i < 30; i++) {
                    producer.send(new ProducerRecord<>(transactional().topic(), "key-" + i, value(6000)));
                }
                if (transaction % 3 == 1) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
            }
        }
        try (KafkaProducer<String, String> producer = producer(bootstrap, Map.of("batch.size", "20000"))) {
            for (int i = 0; i < 600; i++) {
                producer.send(new ProducerRecord<>(compacted().topic(), "key-" + random.nextInt(KEYS), i % 50 == 49 ? null : value(6000)));
            }
        }
    }

    /** Leaves a transaction open that has written. The producer must be closed after the node was killed. */
    KafkaProducer<String, String> leaveOpen(String bootstrap) {
        KafkaProducer<String, String> producer = producer(bootstrap, Map.of("transactional.id", prefix + "interrupted", "max.block.ms", "20000"));
        producer.initTransactions();
        producer.beginTransaction();
        for (int i = 0; i < 5; i++) {
            producer.send(new ProducerRecord<>(transactional().topic(), "open-" + i, value(100)));
        }
        producer.flush();
        return producer;
    }

    private KafkaProducer<String, String> producer(String bootstrap, Map<String, Object> settings) {
        return new KafkaProducer<>(ClientSettings.of(bootstrap, Map.of("acks", "all", "linger.ms", "5"), settings), new StringSerializer(), new StringSerializer());
    }

    /** So random that no codec makes much less of it. */
    private String value(int bytes) {
        byte[] raw = new byte[random.nextInt(bytes)];
        random.nextBytes(raw);
        return ++written + " " + Base64.getEncoder().encodeToString(raw);
    }

    static Content read(String bootstrap, TopicPartition partition) {
        List<Seen> all = read(bootstrap, partition, "read_uncommitted");
        Map<Long, Long> byTime = new LinkedHashMap<>();
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, "read_uncommitted")) {
            for (int i = 0; i < all.size(); i += 1 + all.size() / 20) {
                for (long time : new long[] {all.get(i).timestamp(), all.get(i).timestamp() + 1}) {
                    OffsetAndTimestamp found = consumer.offsetsForTimes(Map.of(partition, time)).get(partition);
                    byTime.put(time, found == null ? -1 : found.offset());
                }
            }
        }
        return new Content(all, read(bootstrap, partition, "read_committed"), byTime);
    }

    private static List<Seen> read(String bootstrap, TopicPartition partition, String isolation) {
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, isolation)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            List<Seen> records = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError(partition + " is read up to " + consumer.position(partition) + " and not to " + end);
                }
                consumer.poll(Duration.ofMillis(200)).forEach(record -> records.add(Seen.of(record)));
            }
            return records;
        }
    }

    private static KafkaConsumer<String, String> consumer(String bootstrap, String isolation) {
        return new KafkaConsumer<>(ClientSettings.of(bootstrap, Map.of("isolation.level", isolation, "auto.offset.reset", "earliest", "enable.auto.commit", "false")),
                new StringDeserializer(), new StringDeserializer());
    }

    Map<TopicPartition, Content> readAll(String bootstrap) {
        Map<TopicPartition, Content> contents = new LinkedHashMap<>();
        partitions().forEach(partition -> contents.put(partition, read(bootstrap, partition)));
        return contents;
    }

    /** Waits until the cleaner has been at the compacted topic. */
    void awaitCompacted(String bootstrap) {
        int before = written;
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            List<Seen> now = read(bootstrap, compacted(), "read_uncommitted");
            long offsets = now.getLast().offset() + 1;
            if (now.size() < offsets * 3 / 4) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError(compacted() + " still has " + now.size() + " records of " + offsets + "; " + Arrays.asList(before, written));
            }
            Pause.aMoment();
        }
    }
}
