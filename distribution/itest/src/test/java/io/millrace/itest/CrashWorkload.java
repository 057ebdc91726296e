package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.itest.TransactionalWriter.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Stock clients that go on while their broker crashes again and again: idempotent and transactional writers, readers that follow, a group that
 * commits. In the end it is checked that the broker kept whatever it had told any of them.
 */
final class CrashWorkload implements AutoCloseable {

    private static final int PARTITIONS = 3;
    private static final String PLAIN = "plain";
    private static final String TRANSACTIONAL = "transactional";
    private static final String GROUP = "followers";
    private static final Duration LIMIT = Duration.ofSeconds(120);

    private final String bootstrap;
    private final List<IdempotentWriter> writers = new ArrayList<>();
    private final List<TransactionalWriter> transactions = new ArrayList<>();
    private final List<String> topics = new ArrayList<>();
    private final LiveReader uncommitted;
    private final LiveReader committed;
    private final GroupReader group;

    CrashWorkload(String bootstrap) throws Exception {
        this.bootstrap = bootstrap;
        // Small segments, so that there are rolls, snapshots and index files among what a crash finds.
        Map<String, String> config = Map.of("internal.segment.bytes", "60000", "index.interval.bytes", "500");
        try (Admin admin = admin()) {
            admin.createTopics(Stream.of(PLAIN, TRANSACTIONAL).map(name -> new NewTopic(name, PARTITIONS, (short) 1).configs(config)).toList()).all().get();
        }
        uncommitted = new LiveReader(bootstrap, partitions(PLAIN), "read_uncommitted");
        committed = new LiveReader(bootstrap, partitions(TRANSACTIONAL), "read_committed");
        group = new GroupReader(bootstrap, GROUP, PLAIN);
        writers.add(new IdempotentWriter("w0", bootstrap, PLAIN, PARTITIONS, Map.of()));
        writers.add(new IdempotentWriter("w1", bootstrap, PLAIN, PARTITIONS, Map.of("compression.type", "lz4")));
        writers.add(new IdempotentWriter("w2", bootstrap, PLAIN, PARTITIONS, Map.of("batch.size", "200", "linger.ms", "0")));
        transactions.add(new TransactionalWriter("t0", bootstrap, TRANSACTIONAL, PARTITIONS));
        transactions.add(new TransactionalWriter("t1", bootstrap, TRANSACTIONAL, PARTITIONS));
    }

    private static List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, PARTITIONS).mapToObj(index -> new TopicPartition(topic, index)).toList();
    }

    private Admin admin() {
        return Admin.create(ClientSettings.of(bootstrap, Map.of("default.api.timeout.ms", "30000", "request.timeout.ms", "5000")));
    }

    /** Waits until every writer got something acknowledged since the call: the broker serves all of them again. */
    void awaitProgress() {
        int[] before = writers.stream().mapToInt(IdempotentWriter::acknowledgedCount).toArray();
        int[] transactionsBefore = transactions.stream().mapToInt(TransactionalWriter::committed).toArray();
        await("every writer to get on", () -> IntStream.range(0, before.length).allMatch(i -> writers.get(i).acknowledgedCount() > before[i] + 20)
                && IntStream.range(0, transactionsBefore.length).allMatch(i -> transactions.get(i).committed() > transactionsBefore[i] + 2));
    }

    /** Creates a topic, whose creation is acknowledged on return. */
    void createTopic() throws ExecutionException, InterruptedException {
        String name = "created-" + topics.size();
        try (Admin admin = admin()) {
            admin.createTopics(Set.of(new NewTopic(name, 2, (short) 1).configs(Map.of("retention.ms", Integer.toString(1_000_000 + topics.size()))))).all().get();
        }
        topics.add(name);
    }

    /** What the group was told is committed, as of now. */
    Map<TopicPartition, Long> confirmedOffsets() {
        return group.committed();
    }

    void assertTopicsAndOffsetsAreThere(Map<TopicPartition, Long> confirmed) throws ExecutionException, InterruptedException {
        try (Admin admin = admin()) {
            assertThat(admin.listTopics().names().get()).containsAll(topics).contains(PLAIN, TRANSACTIONAL);
            admin.describeTopics(topics).allTopicNames().get().values().forEach(topic -> assertThat(topic.partitions()).hasSize(2));
            Map<TopicPartition, OffsetAndMetadata> offsets = admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
            confirmed.forEach((partition, offset) -> {
                assertThat(offsets).as("committed offsets").containsKey(partition);
                assertThat(offsets.get(partition).offset()).as("committed offset of %s", partition).isGreaterThanOrEqualTo(offset);
            });
        }
    }

    /** Ends the writers, reads everything, and compares it with what the clients were told. @return one line for the log */
    String stopAndVerify() throws Exception {
        for (IdempotentWriter writer : writers) {
            writer.stop();
        }
        for (TransactionalWriter writer : transactions) {
            writer.stop();
        }
        assertThat(writers.stream().flatMap(writer -> writer.failures().stream())).as("sends that failed").isEmpty();
        assertThat(transactions.stream().flatMap(writer -> writer.failures().stream())).as("transactional producers that could not go on").isEmpty();
        Map<TopicPartition, TreeMap<Long, String>> plain = readAll(PLAIN, "read_uncommitted");
        Map<TopicPartition, TreeMap<Long, String>> whole = readAll(TRANSACTIONAL, "read_committed");
        verifyIdempotence(plain);
        verifyTransactions(whole);
        verifyReader(uncommitted, plain);
        verifyReader(committed, whole);
        int records = plain.values().stream().mapToInt(Map::size).sum();
        while (group.values().size() < records && group.failures().isEmpty()) {
            int seen = group.values().size();
            await("the group to read more than " + seen + " of " + records, () -> group.values().size() > seen || !group.failures().isEmpty());
        }
        assertThat(group.failures()).isEmpty();
        assertThat(group.values()).hasSize(records);
        return records + " records, " + transactions.stream().mapToInt(TransactionalWriter::committed).sum() + " transactions committed, none lost, doubled or torn";
    }

    /** Everything was acknowledged in the end, so each partition holds each writer's records in order, once, at the offset that it was told. */
    private void verifyIdempotence(Map<TopicPartition, TreeMap<Long, String>> log) {
        Map<String, Map<Integer, List<Integer>>> found = new HashMap<>();
        Map<String, Long> offsets = new HashMap<>();
        log.forEach((partition, records) -> records.forEach((offset, value) -> {
            String[] parts = value.split(":");
            found.computeIfAbsent(parts[0], _ -> new HashMap<>()).computeIfAbsent(partition.partition(), _ -> new ArrayList<>()).add(Integer.parseInt(parts[1]));
            offsets.put(value, offset);
        }));
        for (IdempotentWriter writer : writers) {
            assertThat(writer.acknowledgedCount()).as("acknowledged of %s", writer.id()).isEqualTo(writer.sent());
            for (int p = 0; p < PARTITIONS; p++) {
                int partition = p;
                List<Integer> expected = IntStream.range(0, writer.sent()).filter(n -> n % PARTITIONS == partition).boxed().toList();
                assertThat(firstDifference(found.get(writer.id()).get(p), expected)).as("records of %s in partition %d", writer.id(), p).isNull();
            }
            writer.acknowledged().forEach((number, offset) -> {
                if (offset >= 0 && !offset.equals(offsets.get(writer.id() + ":" + number))) {
                    throw new AssertionError(writer.id() + ":" + number + " was acknowledged at offset " + offset + " and is at "
                            + offsets.get(writer.id() + ":" + number));
                }
            });
        }
    }

    private static String firstDifference(List<Integer> actual, List<Integer> expected) {
        for (int i = 0; i < Math.max(actual.size(), expected.size()); i++) {
            Integer found = i < actual.size() ? actual.get(i) : null;
            Integer wanted = i < expected.size() ? expected.get(i) : null;
            if (found == null || !found.equals(wanted)) {
                return "at " + i + ": expected " + wanted + ", found " + found;
            }
        }
        return null;
    }

    private void verifyTransactions(Map<TopicPartition, TreeMap<Long, String>> log) {
        Map<String, Map<Integer, List<Integer>>> found = new HashMap<>();
        log.forEach((partition, records) -> {
            Map<String, Integer> last = new HashMap<>();
            records.forEach((offset, value) -> {
                String[] parts = value.split(":");
                int transaction = Integer.parseInt(parts[1]);
                found.computeIfAbsent(parts[0], _ -> new TreeMap<>()).computeIfAbsent(transaction, _ -> new ArrayList<>()).add(Integer.parseInt(parts[2]));
                Integer before = last.put(parts[0], transaction);
                assertThat(before == null || before < transaction).as("%s at %s@%d after transaction %d", value, partition, offset, before).isTrue();
            });
        });
        for (TransactionalWriter writer : transactions) {
            writer.outcomes().forEach((transaction, outcome) -> {
                List<Integer> indexes = found.getOrDefault(writer.id(), Map.of()).getOrDefault(transaction, List.of()).stream().sorted().toList();
                List<Integer> all = IntStream.range(0, TransactionalWriter.RECORDS).boxed().toList();
                String name = writer.id() + ":" + transaction + ", which was " + outcome + ", has the records " + indexes;
                assertThat(indexes.isEmpty() || indexes.equals(all)).as(name).isTrue();
                assertThat(outcome == Outcome.COMMITTED && indexes.isEmpty()).as(name).isFalse();
                assertThat(outcome == Outcome.ABORTED && !indexes.isEmpty()).as(name).isFalse();
            });
        }
    }

    private static void verifyReader(LiveReader reader, Map<TopicPartition, TreeMap<Long, String>> log) throws InterruptedException {
        reader.close();
        assertThat(reader.failures()).isEmpty();
        reader.seen().forEach((partition, seen) -> {
            seen.forEach((offset, value) -> {
                if (!value.equals(log.get(partition).get(offset))) {
                    throw new AssertionError(partition + "@" + offset + ": a consumer saw " + value + ", now there is " + log.get(partition).get(offset));
                }
            });
            // Nothing was skipped on the way.
            long until = seen.keySet().stream().mapToLong(Long::longValue).max().orElse(-1);
            assertThat(seen).as("what a reader saw of %s", partition).hasSize(log.get(partition).headMap(until, true).size());
        });
    }

    private Map<TopicPartition, TreeMap<Long, String>> readAll(String topic, String isolation) {
        Map<TopicPartition, TreeMap<Long, String>> all = new HashMap<>();
        partitions(topic).forEach(partition -> all.put(partition, new TreeMap<>()));
        Map<String, Object> settings = ClientSettings.of(bootstrap, Map.of("isolation.level", isolation, "auto.offset.reset", "none"));
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions(topic));
            partitions(topic).forEach(partition -> consumer.seek(partition, 0));
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions(topic));
            // However much there is: only standing still is a failure.
            long last = System.nanoTime();
            while (!ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue())) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    all.get(new TopicPartition(record.topic(), record.partition())).put(record.offset(), record.value());
                    last = System.nanoTime();
                }
                if (System.nanoTime() - last > LIMIT.toNanos()) {
                    throw new AssertionError("nothing more of " + topic + " is read at " + partitions(topic).stream().map(consumer::position).toList() + " of " + ends);
                }
            }
        }
        return all;
    }

    private void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + LIMIT + " for " + what + "; " + failures());
            }
            Pause.aMoment();
        }
    }

    private List<String> failures() {
        Stream<Queue<String>> all = Stream.of(writers.stream().map(IdempotentWriter::failures), transactions.stream().map(TransactionalWriter::failures),
                Stream.of(uncommitted.failures(), committed.failures(), group.failures())).flatMap(each -> each);
        return all.flatMap(Queue::stream).limit(20).toList();
    }

    @Override
    public void close() throws Exception {
        writers.forEach(IdempotentWriter::close);
        transactions.forEach(TransactionalWriter::close);
        uncommitted.close();
        committed.close();
        group.close();
    }
}
