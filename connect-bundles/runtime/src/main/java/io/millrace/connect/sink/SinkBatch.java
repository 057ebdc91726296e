package io.millrace.connect.sink;

import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.pipeline.RawSinkRecord;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/** What was polled and is not put yet: records that went through the pipeline, and up to where that is in each partition. */
final class SinkBatch {

    private final TaskSetup setup;
    private final RecordErrors errors;
    private ArrayList<SinkRecord> records = new ArrayList<>();
    private Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
    private long bytes;

    SinkBatch(TaskSetup setup, RecordErrors errors) {
        this.setup = setup;
        this.errors = errors;
    }

    void add(ConsumerRecords<byte[], byte[]> polled, Pipeline<SinkRecord> pipeline) throws InterruptedException {
        long began = System.nanoTime();
        setup.counters().took(polled.count());
        records.ensureCapacity(records.size() + polled.count());
        for (ConsumerRecord<byte[], byte[]> raw : polled) {
            bytes += Math.max(0, raw.serializedKeySize()) + Math.max(0, raw.serializedValueSize());
            try {
                SinkRecord record = pipeline.transform(pipeline.fromKafka(raw));
                if (record != null) {
                    records.add(record);
                }
            } catch (StageFailure failure) {
                errors.handle(raw, failure);
            }
        }
        setup.counters().converted(System.nanoTime() - began);
        for (TopicPartition partition : polled.partitions()) {
            ConsumerRecord<byte[], byte[]> last = polled.records(partition).getLast();
            ends.put(partition, new OffsetAndMetadata(last.offset() + 1, last.leaderEpoch(), ""));
            setup.topics().accept(partition.topic());
        }
    }

    List<SinkRecord> records() {
        return records;
    }

    /** Whether nothing was polled: records may all have been filtered out. */
    boolean isUntouched() {
        return ends.isEmpty();
    }

    /** All of it is put. @return up to where */
    Map<TopicPartition, OffsetAndMetadata> delivered() {
        setup.counters().batch(records.size(), bytes);
        Map<TopicPartition, OffsetAndMetadata> reached = ends;
        ends = new HashMap<>();
        // The task may keep the list it was given.
        records = new ArrayList<>();
        bytes = 0;
        return reached;
    }

    /** Forgets what it has of these partitions. */
    void drop(Collection<TopicPartition> partitions) {
        ends.keySet().removeAll(partitions);
        records.removeIf(record -> partitions.stream().anyMatch(partition -> of(partition, record)));
    }

    private static boolean of(TopicPartition partition, SinkRecord record) {
        return record instanceof RawSinkRecord known
                ? known.raw().partition() == partition.partition() && known.raw().topic().equals(partition.topic())
                : record.originalKafkaPartition() == partition.partition() && record.originalTopic().equals(partition.topic());
    }
}
