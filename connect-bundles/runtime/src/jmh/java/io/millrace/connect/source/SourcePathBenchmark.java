package io.millrace.connect.source;

import io.millrace.connect.catalog.Catalog;
import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.pipeline.Sample;
import io.millrace.connect.task.ByteBudget;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
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

/** A record's way from {@code poll()} to {@code send()}: through the runtime, and in a loop over the same task, transformation, converters and producer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@OperationsPerInvocation(SourcePathBenchmark.POLLS * Sample.RECORDS)
public class SourcePathBenchmark {

    /** What one transaction holds. */
    static final int POLLS = 10;

    @Param
    public Sample sample;

    private final Discarding producer = new Discarding();
    private Numbers task;
    private TaskSetup setup;
    private Pipeline<SourceRecord> pipeline;
    private Converter keys;
    private Converter values;
    private Transformation<SourceRecord> transformation;

    @Setup
    public void open() {
        task = new Numbers(sample);
        setup = sample.setup(false, Numbers.class);
        pipeline = Pipeline.open(setup.config(), new Catalog(), _ -> { });
        keys = sample.converter(true);
        values = sample.converter(false);
        transformation = sample.transformation();
    }

    @TearDown
    public void close() {
        pipeline.close();
    }

    @Benchmark
    public long throughTheRuntime() throws InterruptedException {
        BatchQueue queue = new BatchQueue(Long.MAX_VALUE, new ByteBudget(Long.MAX_VALUE));
        Conversion conversion = new Conversion(setup, pipeline, null, queue);
        TransactionWriter writer = new TransactionWriter(setup, producer, producer, task, queue);
        for (int i = 0; i < POLLS; i++) {
            conversion.enqueue(task.poll());
        }
        queue.end();
        writer.run();
        return producer.bytes;
    }

    @Benchmark
    public long inALoop() {
        for (int i = 0; i < POLLS; i++) {
            for (SourceRecord polled : task.poll()) {
                SourceRecord record = transformation == null ? polled : transformation.apply(polled);
                producer.send(new ProducerRecord<>(record.topic(), record.kafkaPartition(), record.timestamp(),
                        keys.fromConnectData(record.topic(), record.keySchema(), record.key()),
                        values.fromConnectData(record.topic(), record.valueSchema(), record.value())));
            }
        }
        producer.commitTransaction();
        return producer.bytes;
    }

    /** Makes new records with every poll, of one source partition. */
    public static final class Numbers extends SourceTask {

        private final Map<String, ?> partition = Map.of("table", "public.orders");
        private final List<Object> values = new ArrayList<>();
        private long position;

        Numbers(Sample sample) {
            for (int i = 0; i < Sample.RECORDS; i++) {
                values.add(sample.value(i));
            }
        }

        @Override
        public List<SourceRecord> poll() {
            List<SourceRecord> records = new ArrayList<>(values.size());
            for (Object value : values) {
                records.add(new SourceRecord(partition, Map.of("at", position++), "t", null, null, "key", null, value));
            }
            return records;
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

    /** Has everything written at once. It holds a record as a real one does, or the compiler would not make it in the loop. */
    private static final class Discarding extends MockProducer<byte[], byte[]> {

        private static final RecordMetadata METADATA = new RecordMetadata(new TopicPartition("t", 0), 0, 0, 0, 0, 0);

        private final Future<RecordMetadata> written = CompletableFuture.completedFuture(METADATA);
        private ProducerRecord<byte[], byte[]> last;
        private long bytes;

        Discarding() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
            return send(record, null);
        }

        @Override
        public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback told) {
            if (told != null) {
                told.onCompletion(METADATA, null);
            }
            last = record;
            bytes += record.value().length;
            return written;
        }

        @Override
        public void beginTransaction() {
            // There is none.
        }

        @Override
        public void flush() {
            // All is written.
        }

        @Override
        public void commitTransaction() {
            bytes = 0;
        }
    }
}
