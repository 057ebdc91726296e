package io.millrace.itest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
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
    private static final int SAME_READS = 6;

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

    Map<TopicPartition, Content> readAll(String bootstrap) {
        Map<TopicPartition, List<Seen>> all = read(bootstrap, partitions(), "read_uncommitted");
        Map<TopicPartition, List<Seen>> committed = read(bootstrap, partitions(), "read_committed");
        Map<TopicPartition, Map<Long, Long>> byTime = byTime(bootstrap, all);
        Map<TopicPartition, Content> contents = new LinkedHashMap<>();
        partitions().forEach(partition -> contents.put(partition, new Content(all.get(partition), committed.get(partition), byTime.get(partition))));
        return contents;
    }

    /** For the times of some twenty records of each partition and for the moments after them; asked for all partitions together. */
    private static Map<TopicPartition, Map<Long, Long>> byTime(String bootstrap, Map<TopicPartition, List<Seen>> all) {
        Map<TopicPartition, Map<Long, Long>> byTime = new LinkedHashMap<>();
        all.keySet().forEach(partition -> byTime.put(partition, new LinkedHashMap<>()));
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, "read_uncommitted")) {
            for (int sample = 0; sample <= 20; sample++) {
                for (int after = 0; after < 2; after++) {
                    Map<TopicPartition, Long> asked = new LinkedHashMap<>();
                    for (Map.Entry<TopicPartition, List<Seen>> each : all.entrySet()) {
                        int index = sample * (1 + each.getValue().size() / 20);
                        if (index < each.getValue().size()) {
                            asked.put(each.getKey(), each.getValue().get(index).timestamp() + after);
                        }
                    }
                    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
                    asked.forEach((partition, time) -> byTime.get(partition).put(time, found.get(partition) == null ? -1 : found.get(partition).offset()));
                }
            }
        }
        return byTime;
    }

    private static Map<TopicPartition, List<Seen>> read(String bootstrap, List<TopicPartition> partitions, String isolation) {
        try (KafkaConsumer<String, String> consumer = consumer(bootstrap, isolation)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, List<Seen>> records = new LinkedHashMap<>();
            partitions.forEach(partition -> records.put(partition, new ArrayList<>()));
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            for (TopicPartition partition : partitions) {
                while (consumer.position(partition) < ends.get(partition)) {
                    if (System.nanoTime() > deadline) {
                        throw new AssertionError(partition + " is read up to " + consumer.position(partition) + " and not to " + ends.get(partition));
                    }
                    consumer.poll(Duration.ofMillis(200)).forEach(read -> records.get(new TopicPartition(read.topic(), read.partition())).add(Seen.of(read)));
                }
            }
            return records;
        }
    }

    private static KafkaConsumer<String, String> consumer(String bootstrap, String isolation) {
        return new KafkaConsumer<>(ClientSettings.of(bootstrap, Map.of("isolation.level", isolation, "auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "max.poll.records", "5000", "fetch.max.wait.ms", "50")),
                new StringDeserializer(), new StringDeserializer());
    }

    /** Waits until the cleaner has been at the compacted topic, and keeps it from there from now on: what is read stays. */
    void awaitCompacted(String bootstrap) throws Exception {
        await("compaction of " + compacted(), () -> {
            List<Seen> now = compactedNow(bootstrap);
            return now.size() < (now.getLast().offset() + 1) * 3 / 4;
        });
        endCompaction(bootstrap);
    }

    /** Records of a day are not cleaned any more; what the cleaner had begun comes to its end. */
    void endCompaction(String bootstrap) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, compacted().topic());
        try (Admin admin = Admin.create(ClientSettings.of(bootstrap))) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(new AlterConfigOp(new ConfigEntry("min.compaction.lag.ms", "86400000"),
                    AlterConfigOp.OpType.SET)))).all().get();
        }
        List<List<Seen>> reads = new ArrayList<>();
        await("the end of the compaction of " + compacted(), () -> {
            reads.add(compactedNow(bootstrap));
            return reads.size() >= SAME_READS && Set.copyOf(reads.subList(reads.size() - SAME_READS, reads.size())).size() == 1;
        });
    }

    private List<Seen> compactedNow(String bootstrap) {
        return read(bootstrap, List.of(compacted()), "read_uncommitted").get(compacted());
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited 60 s for " + what);
            }
            Pause.aMoment();
        }
    }
}
