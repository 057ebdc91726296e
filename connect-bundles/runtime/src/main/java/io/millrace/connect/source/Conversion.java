package io.millrace.connect.source;

import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.source.OutgoingBatch.End;
import io.millrace.connect.source.OutgoingBatch.Outgoing;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.source.SourceRecord;

/** Takes what a source task polled through transformations and converters and on into the queue. For the task's thread. */
final class Conversion {

    private final TaskSetup setup;
    private final Pipeline<SourceRecord> pipeline;
    private final TransactionMarks marks;
    private final BatchQueue queue;
    private final SourceErrors errors;

    /** @param marks null where the connector does not define transactions */
    Conversion(TaskSetup setup, Pipeline<SourceRecord> pipeline, TransactionMarks marks, BatchQueue queue) {
        this.setup = setup;
        this.pipeline = pipeline;
        this.marks = marks;
        this.queue = queue;
        this.errors = new SourceErrors(setup);
    }

    /** Waits while the queue is full. */
    void enqueue(List<SourceRecord> records) throws InterruptedException {
        long began = System.nanoTime();
        List<Outgoing> converted = new ArrayList<>(records.size());
        long bytes = 0;
        for (SourceRecord record : records) {
            ProducerRecord<byte[], byte[]> outgoing = convert(record);
            converted.add(new Outgoing(record, outgoing));
            if (outgoing != null) {
                bytes += size(outgoing.key()) + size(outgoing.value());
            }
            if (marks != null) {
                End end = marks.after(record);
                if (end != End.OPEN) {
                    queue.put(new OutgoingBatch(converted, bytes, end));
                    converted = new ArrayList<>();
                    bytes = 0;
                }
            }
        }
        setup.counters().converted(System.nanoTime() - began);
        queue.put(new OutgoingBatch(converted, bytes, marks == null ? End.COMMIT : marks.afterBatch()));
    }

    private static int size(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private ProducerRecord<byte[], byte[]> convert(SourceRecord record) throws InterruptedException {
        try {
            SourceRecord transformed = pipeline.transform(record);
            return transformed == null ? null : pipeline.toKafka(transformed);
        } catch (StageFailure failure) {
            errors.handle(record, failure);
            return null;
        }
    }
}
