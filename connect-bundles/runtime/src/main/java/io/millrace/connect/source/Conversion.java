package io.millrace.connect.source;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.pipeline.Pipeline;
import io.millrace.connect.pipeline.StageFailure;
import io.millrace.connect.source.OutgoingBatch.End;
import io.millrace.connect.source.OutgoingBatch.Outgoing;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes what a source task polled through transformations and converters and on into the queue. For the task's thread. */
final class Conversion {

    private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);

    private final TaskSetup setup;
    private final Pipeline<SourceRecord> pipeline;
    private final TransactionMarks marks;
    private final BatchQueue queue;

    /** @param marks null where the connector does not define transactions */
    Conversion(TaskSetup setup, Pipeline<SourceRecord> pipeline, TransactionMarks marks, BatchQueue queue) {
        this.setup = setup;
        this.pipeline = pipeline;
        this.marks = marks;
        this.queue = queue;
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
            ConnectorConfig config = setup.config();
            Map<String, Object> where = Map.of("source_partition", String.valueOf(record.sourcePartition()), "source_offset",
                    String.valueOf(record.sourceOffset()), "topic", String.valueOf(record.topic()));
            setup.counters().recordFailed(failure.remembered(where, config.toleratesErrors()), config.flag("errors.log.enable"));
            if (config.flag("errors.log.enable")) {
                LOG.error("task {}: {}{}", setup.id(), failure.getMessage(),
                        config.flag("errors.log.include.messages") ? "; record " + record : "", failure.getCause());
            }
            if (!config.toleratesErrors()) {
                throw new ConnectException("Tolerance exceeded in error handler: " + failure.getMessage(), failure.getCause());
            }
            setup.counters().skipped();
            return null;
        }
    }
}
