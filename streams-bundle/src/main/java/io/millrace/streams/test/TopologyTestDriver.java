package io.millrace.streams.test;

import io.millrace.streams.StreamJob;
import io.millrace.streams.plan.Operator;
import io.millrace.streams.plan.Partitions;
import io.millrace.streams.plan.Plan;
import io.millrace.streams.plan.PlanBuilder;
import io.millrace.streams.plan.SubTopology;
import io.millrace.streams.task.Chunk;
import io.millrace.streams.task.InputPartition;
import io.millrace.streams.task.Output;
import io.millrace.streams.task.Task;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.serialization.Serde;

/**
 * Runs a job's real tasks over topics in memory, on the calling thread. By itself it commits after each record piped in; {@link #feed},
 * {@link #process}, {@link #commit} and {@link #crash} take the steps one by one. A record with a null key goes to partition 0. For one thread.
 */
public final class TopologyTestDriver {

    private static final String JOB = "test";

    private final Plan plan;
    private final List<SubTopology> parts;
    private final Partitions partitions;
    private final Map<String, Integer> inputs;
    private final Map<TopicPartition, List<SimpleRecord>> topics = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private final List<Sent> open = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private final Map<TopicPartition, Long> handedIn = new HashMap<>();

    private record Sent(String topic, int partition, SimpleRecord record) {}

    /** A record read from a topic. */
    public record TestRecord<K, V>(K key, V value, long timestamp) {}

    /** One partition for each input topic. */
    public TopologyTestDriver(StreamJob job, Map<String, String> config) {
        this(job, config, Map.of());
    }

    /** @param inputPartitions of those input topics that have more than one */
    public TopologyTestDriver(StreamJob job, Map<String, String> config, Map<String, Integer> inputPartitions) {
        plan = PlanBuilder.of(job, config);
        parts = plan.subTopologies();
        inputs = new HashMap<>();
        plan.operators().forEach(operator -> {
            if (operator instanceof Operator.Source source) {
                inputs.put(source.topic(), inputPartitions.getOrDefault(source.topic(), 1));
            }
        });
        partitions = Partitions.of(JOB, plan, inputs::get);
        start();
    }

    private int count(String topic) {
        return inputs.getOrDefault(topic, partitions.repartition().getOrDefault(topic, 1));
    }

    private void start() {
        tasks.clear();
        handedIn.clear();
        for (int i = 0; i < parts.size(); i++) {
            for (int partition = 0; partition < partitions.tasks().get(i); partition++) {
                Task task = new Task(JOB, parts.get(i), partition, this::count, this::send);
                for (String changelog : task.changelogs()) {
                    for (SimpleRecord record : log(new TopicPartition(changelog, partition))) {
                        task.restore(changelog, bytes(record.key()), bytes(record.value()), record.timestamp());
                    }
                }
                for (InputPartition input : task.inputs()) {
                    TopicPartition at = new TopicPartition(input.topic(), input.partition());
                    handedIn.put(at, committed.getOrDefault(at, 0L));
                    input.start(committed.getOrDefault(at, 0L), () -> handedIn.get(at) >= log(at).size(),
                            () -> log(at).size(), () -> true);
                }
                tasks.add(task);
            }
        }
    }

    private List<SimpleRecord> log(TopicPartition partition) {
        return topics.computeIfAbsent(partition, _ -> new ArrayList<>());
    }

    private void send(String topic, int partition, byte[] key, byte[] value, long timestamp) {
        int target = partition != Output.BY_KEY ? partition : key == null ? 0 : BuiltInPartitioner.partitionForKey(key, count(topic));
        open.add(new Sent(topic, target, new SimpleRecord(timestamp, key, value)));
    }

    /** Appends a record to an input topic, processes all there is, through all repartition topics, and commits. */
    public <K, V> void pipe(String topic, Serde<K> keySerde, Serde<V> valueSerde, K key, V value, long timestamp) {
        feed(topic, keySerde, valueSerde, key, value, timestamp);
        drain();
    }

    /** Appends a record to an input topic and does nothing more. */
    public <K, V> void feed(String topic, Serde<K> keySerde, Serde<V> valueSerde, K key, V value, long timestamp) {
        if (!inputs.containsKey(topic)) {
            throw new IllegalArgumentException("the job does not read " + topic + " but " + inputs.keySet());
        }
        byte[] keyBytes = keySerde.serializer().serialize(topic, key);
        int partition = keyBytes == null ? 0 : BuiltInPartitioner.partitionForKey(keyBytes, count(topic));
        log(new TopicPartition(topic, partition)).add(new SimpleRecord(timestamp, keyBytes, valueSerde.serializer().serialize(topic, value)));
    }

    /** Processes and commits until nothing is left. */
    public void drain() {
        while (process(Integer.MAX_VALUE) > 0) {
            commit();
        }
    }

    /**
     * Processes what was committed to the topics so far, without committing.
     *
     * @param max per task
     * @return how many records
     */
    public int process(int max) {
        int done = 0;
        for (Task task : tasks) {
            for (InputPartition input : task.inputs()) {
                TopicPartition at = new TopicPartition(input.topic(), input.partition());
                List<SimpleRecord> log = log(at);
                int from = handedIn.get(at).intValue();
                if (from < log.size()) {
                    handedIn.put(at, (long) log.size());
                    input.add(new Chunk(records(log.subList(from, log.size()), from), log.size()));
                }
            }
            done += task.process(max);
        }
        return done;
    }

    private static Iterator<Record> records(List<SimpleRecord> records, long offset) {
        return MemoryRecords.withRecords(offset, Compression.NONE, records.toArray(SimpleRecord[]::new)).records().iterator();
    }

    /** Makes results, state changes and positions visible and durable, all of them. */
    public void commit() {
        tasks.forEach(Task::flush);
        open.forEach(sent -> log(new TopicPartition(sent.topic(), sent.partition())).add(sent.record()));
        open.clear();
        tasks.forEach(task -> task.inputs()
                .forEach(input -> committed.put(new TopicPartition(input.topic(), input.partition()), input.position())));
    }

    /** As {@link #commit}, up to the moment before the transaction ends. */
    public void flushWithoutCommit() {
        tasks.forEach(Task::flush);
    }

    /** Loses everything that is not committed, and starts again from what is. */
    public void crash() {
        open.clear();
        start();
    }

    /** All that was committed to a topic, partition by partition. */
    public <K, V> List<TestRecord<K, V>> read(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        List<TestRecord<K, V>> records = new ArrayList<>();
        topics.keySet().stream().filter(partition -> partition.topic().equals(topic)).sorted((a, b) -> a.partition() - b.partition())
                .forEach(partition -> topics.getOrDefault(partition, Collections.emptyList()).forEach(record -> records.add(new TestRecord<>(
                        keySerde.deserializer().deserialize(topic, bytes(record.key())),
                        valueSerde.deserializer().deserialize(topic, bytes(record.value())), record.timestamp()))));
        return records;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    /** Windows that did not get a record because their grace was over, since the start or the last crash. */
    public long late() {
        return tasks.stream().mapToLong(task -> task.counters().late()).sum();
    }

    /** Records dropped for a null key, a null value or a negative timestamp, since the start or the last crash. */
    public long dropped() {
        return tasks.stream().mapToLong(task -> task.counters().dropped()).sum();
    }

    /** Keys, and keys of windows, that are held in memory. */
    public long stateEntries() {
        return tasks.stream().mapToLong(Task::stateEntries).sum();
    }
}
