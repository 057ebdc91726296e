package io.millrace.connect.sink;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.pipeline.Sample;
import io.millrace.connect.task.TaskSetup;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.transforms.Transformation;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A record's way from the consumer to {@code put()}: through the runtime, and in a loop over the same converters, transformation and task. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@OperationsPerInvocation(Sample.RECORDS)
public class SinkPathBenchmark {

    @Param
    public Sample sample;

    private final Counted task = new Counted();
    private TaskSetup setup;
    private Pipeline<SinkRecord> pipeline;
    private SinkBatch batch;
    private ConsumerRecords<byte[], byte[]> polled;
    private Converter keys;
    private Converter values;
    private Transformation<SinkRecord> transformation;

    @Setup
    public void open() {
        setup = sample.setup(true, Counted.class);
        pipeline = Pipeline.open(setup.config(), new Catalog(), _ -> { });
        batch = new SinkBatch(setup, new RecordErrors(setup));
        keys = sample.converter(true);
        values = sample.converter(false);
        transformation = sample.transformation();
        TopicPartition partition = new TopicPartition("t", 0);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < Sample.RECORDS; i++) {
            byte[] key = "key".getBytes(StandardCharsets.UTF_8);
            byte[] value = values.fromConnectData("t", null, sample.value(i));
            records.add(new ConsumerRecord<>("t", 0, i, 7L, TimestampType.CREATE_TIME, key.length, value.length, key, value, new RecordHeaders(),
                    Optional.of(1)));
        }
        polled = new ConsumerRecords<>(Map.of(partition, records), Map.of());
    }

    @TearDown
    public void close() {
        pipeline.close();
    }

    @Benchmark
    public long throughTheRuntime() throws InterruptedException {
        batch.add(polled, pipeline);
        task.put(batch.records());
        batch.delivered();
        return task.seen;
    }

    @Benchmark
    public long inALoop() {
        List<SinkRecord> records = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> raw : polled) {
            SchemaAndValue key = keys.toConnectData(raw.topic(), raw.headers(), raw.key());
            SchemaAndValue value = values.toConnectData(raw.topic(), raw.headers(), raw.value());
            SinkRecord record = new SinkRecord(raw.topic(), raw.partition(), key.schema(), key.value(), value.schema(), value.value(), raw.offset(),
                    raw.timestamp(), raw.timestampType());
            records.add(transformation == null ? record : transformation.apply(record));
        }
        task.put(records);
        return task.seen;
    }

    /** Looks at every record and forgets it. */
    public static final class Counted extends SinkTask {

        private long seen;

        @Override
        public void put(Collection<SinkRecord> records) {
            for (SinkRecord record : records) {
                seen += record.kafkaOffset();
            }
        }

        @Override
        public void start(Map<String, String> settings) {
            // Nothing to open.
        }

        @Override
        public void stop() {
            // Nothing to close.
        }

        @Override
        public String version() {
            return "1";
        }
    }
}
